import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { FINDING_KINDS } from '../../tools/delivery/findings';
import type { Figure } from '../support/figures';
import type { Bench, Report, Scenario } from '../support/scenario';

const CHECKER = join(__dirname, '../../tools/check-delivery.js');

/** The delivery checker for long: what it finds is a figure like any other, and must be 0. */
export const delivery: Scenario = {
  name: 'delivery',
  about: 'clients live with every fault for ten minutes, and what each holds in the end is compared',
  async run({ quick }: Bench): Promise<Report> {
    const [seconds, clients] = quick ? [60, 20] : [600, 50];
    const printed = await check(seconds, clients);
    const figures = Object.keys(FINDING_KINDS).map((kind): Figure => {
      const count = new RegExp(`^${kind} +(\\d+) `, 'm').exec(printed)?.[1];
      return { name: kind, unit: '', values: [Number(count ?? NaN)] };
    });
    return { of: 'found', sizes: [`${clients} clients, ${seconds} s`], figures };
  },
};

/** Runs it as people do; returns what it printed. */
async function check(seconds: number, clients: number): Promise<string> {
  const args = [CHECKER, '--seconds', String(seconds), '--clients', String(clients)];
  const checker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  checker.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    process.stdout.write(chunk);
  });
  await once(checker, 'close');
  return printed;
}
