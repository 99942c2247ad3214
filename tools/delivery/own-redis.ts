import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Refusal } from '../support/refusal';

/** A Redis of the checker's own, which keeps nothing. */
export class OwnRedis {
  private child: ChildProcess | null = null;

  private constructor(private readonly port: number) {}

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort());
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Starts it with nothing in it. */
  async run(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    // In a group of its own: what a terminal sends to the checker does not reach it first.
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    this.child = child;
    const running = new Promise<undefined>((resolve) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        if (said.length < 16_000 && (said += chunk.toString()).includes('Ready to accept'))
          resolve(undefined);
      });
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
    });
    const how = await Promise.race([running, ended]);
    if (how !== undefined) throw new Refusal(`Several servers need a redis-server to start: ${how}.`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
