import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { FINDING_KINDS } from '../../tools/delivery/findings';
import type { Figure } from '../support/figures';
import type { Bench, Report, Scenario } from '../support/scenario';

interface Life {
  servers: number;
  clients: number;
  seconds: number;
}

const CHECKER = join(__dirname, '../../tools/check-delivery.js');

/** The delivery checker for long: what it finds is a figure like any other, and must be 0. */
export const delivery: Scenario = {
  name: 'delivery',
  apart: true,
  about: 'clients live with every fault for ten minutes, and what each holds in the end is compared',
  async run({ quick }: Bench): Promise<Report> {
    const lives: Life[] = [
      { servers: 1, clients: quick ? 20 : 50, seconds: quick ? 60 : 600 },
      { servers: 3, clients: quick ? 20 : 60, seconds: quick ? 60 : 600 },
    ];
    const printed: string[] = [];
    for (const life of lives) printed.push(await check(life));
    const figures = Object.keys(FINDING_KINDS).map((kind): Figure => {
      return { name: kind, unit: '', values: printed.map((each) => countIn(each, kind)) };
    });
    const sizes = lives.map(({ servers, clients, seconds }) => {
      return `${servers === 1 ? 'one server' : `${servers} servers`}, ${clients} clients, ${seconds} s`;
    });
    return { of: 'found', sizes, figures };
  },
};

function countIn(printed: string, kind: string): number {
  return Number(new RegExp(`^${kind} +(\\d+) `, 'm').exec(printed)?.[1] ?? NaN);
}

/** Runs it as people do; returns what it printed. */
async function check(life: Life): Promise<string> {
  const args = [CHECKER, ...Object.entries(life).flatMap(([name, count]) => [`--${name}`, String(count)])];
  const checker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  checker.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    process.stdout.write(chunk);
  });
  await once(checker, 'close');
  return printed;
}
