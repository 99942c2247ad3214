import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { askOnce } from '../../src/redis/redis-connection';

/** Long, as the machine may be busy. */
const COMMAND_MS = 10_000;

/** A Redis of the test's own, that can be killed and started again at its port. */
export class RedisServer {
  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
    private child: ChildProcess,
  ) {}

  static async start(...settings: string[]): Promise<RedisServer> {
    const port = await freePort();
    return new RedisServer(port, settings, await launch(port, settings));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends one command, over a connection of its own. */
  command(...words: string[]): Promise<unknown> {
    return askOnce(this.url, (client) => client.sendCommand(words), COMMAND_MS);
  }

  /** How many connections listen to channels. */
  async subscribers(): Promise<number> {
    return String(await this.command('CLIENT', 'LIST', 'TYPE', 'pubsub'))
      .split('\n')
      .filter(Boolean).length;
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async startAgain(): Promise<void> {
    this.child = await launch(this.port, this.settings);
  }

  /** It hangs: connections stay, nothing is answered. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function launch(port: number, settings: readonly string[]): Promise<ChildProcess> {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    ...settings,
  ];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes('Ready to accept connections')) break;
  }
  return child;
}
