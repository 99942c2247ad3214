import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Certificate } from './certificate';
import { freePort, listens } from './ports';

/** From the sources and from dist/. */
const CONFIG = ['../..', '../../..']
  .map((up) => join(__dirname, up, 'deploy/haproxy/parley.cfg'))
  .find((file) => existsSync(file));
/** As many servers as the file has; who names fewer gets the rest on a port where nobody is. */
const SERVERS = ['PARLEY_1', 'PARLEY_2', 'PARLEY_3'] as const;
const NOBODY = '127.0.0.1:1';
const POLL_MS = 20;
const PATIENCE_MS = 30_000;

export interface ProxyOptions {
  /** Where it may put files of its own. */
  dir: string;
  certificate: Certificate;
  /** URLs of Parley processes, three at most. */
  servers: readonly string[];
}

/** HAProxy with the configuration of deploy/, on free ports. */
export class HaProxy {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ports: { plain: number; tls: number },
    private readonly adminSocket: string,
    private readonly output: { text: string },
  ) {}

  static async start(options: ProxyOptions): Promise<HaProxy> {
    const ports = { plain: await freePort(), tls: await freePort() };
    const dir = mkdtempSync(join(options.dir, 'haproxy-'));
    const adminSocket = join(dir, 'admin.sock');
    // What an installation has in the file of its distribution.
    const own = join(dir, 'own.cfg');
    writeFileSync(own, `global\n    stats socket ${adminSocket} level admin\n`);
    const args = ['-W', '-db', '-f', own, '-f', String(CONFIG)];
    const child = spawn('haproxy', args, {
      env: environment(options, ports),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
    const proxy = new HaProxy(child, ports, adminSocket, output);
    await proxy.until('it listens', () => listens(ports.tls));
    return proxy;
  }

  /** What `haproxy -c` says of the configuration; rejects when it is refused. */
  static async check(options: ProxyOptions, ...before: string[]): Promise<string> {
    const files = [...before, String(CONFIG)].flatMap((file) => ['-f', file]);
    const env = environment(options, { plain: await freePort(), tls: await freePort() });
    const { stdout, stderr } = await promisify(execFile)('haproxy', ['-c', ...files], { env });
    return stdout + stderr;
  }

  get url(): string {
    return `https://127.0.0.1:${this.ports.tls}`;
  }

  get plainUrl(): string {
    return `http://127.0.0.1:${this.ports.plain}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** `UP`, `DOWN` and what lies between, of the server with this index. */
  async status(index: number): Promise<string> {
    const line = (await this.ask('show stat'))
      .split('\n')
      .find((row) => row.includes(`,parley-${index + 1},`));
    return line?.split(',')[17] ?? 'unknown';
  }

  /** Resolves when it sends clients to the server with this index. */
  untilServes(index: number): Promise<void> {
    return this.untilStatus(index, /^UP$/);
  }

  async untilStatus(index: number, wanted: RegExp): Promise<void> {
    await this.until(`server ${index} is ${wanted}`, async () => wanted.test(await this.status(index)));
  }

  /** Reads its files again, and has the new process serve whoever comes. */
  async reload(): Promise<void> {
    const before = await this.worker();
    this.child.kill('SIGUSR2');
    // The socket is handed over too, and there is a moment without.
    await this.until('it has a new process', async () => {
      const now = await this.worker().catch(() => before);
      return now !== before;
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  private async worker(): Promise<string> {
    return /^Pid: (\d+)/m.exec(await this.ask('show info'))?.[1] ?? '';
  }

  private async ask(question: string): Promise<string> {
    const socket = connect(this.adminSocket);
    socket.end(`${question}\n`);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  private async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (this.child.exitCode !== null || performance.now() > deadline)
        throw new Error(`waited in vain until ${what}: ${this.output.text}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function environment(
  { certificate, servers }: ProxyOptions,
  { plain, tls }: { plain: number; tls: number },
): Record<string, string> {
  const places = SERVERS.map((name, i) => [name, servers[i] ? new URL(servers[i]).host : NOBODY]);
  return {
    PATH: process.env.PATH ?? '',
    PARLEY_HTTP: `127.0.0.1:${plain}`,
    PARLEY_HTTPS: `127.0.0.1:${tls}`,
    PARLEY_CERT: certificate.pemFile,
    ...(Object.fromEntries(places) as Record<string, string>),
  };
}
