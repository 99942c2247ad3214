import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from 'redis';
import { Refusal } from '../../tools/support/refusal';
import { freePort } from './ports';
import { cpuOf } from './processes';

/** A Redis that keeps nothing, on a free port. */
export class Redis {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<Redis> {
    const port = String(await freePort());
    const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    // However the bench ends.
    process.once('exit', () => child.kill());
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.once('error', () => reject(new Refusal('There is no redis-server to measure with: install it.')));
      child.once('exit', () => reject(new Error(`Redis ended: ${output}`)));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Ready to accept connections')) resolve();
      });
    });
    return new Redis(`redis://127.0.0.1:${port}`, child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Seconds of CPU since its start. */
  cpu(): number {
    return cpuOf(this.pid);
  }

  /** Commands that it was sent since its start, by name. */
  async commands(): Promise<Map<string, number>> {
    const client = createClient({ url: this.url });
    await client.connect();
    const info = await client.info('commandstats');
    client.destroy();
    const counts = [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
    return new Map(counts.map(([, name = '', calls]) => [name, Number(calls)]));
  }

  /** As what a scenario owns. */
  remove(): Promise<void> {
    return this.stop();
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
