import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProxyOptions } from '../../bench/support/haproxy';
import { freePort, listens } from '../../bench/support/ports';

const DEPLOY = join(__dirname, '../../deploy/nginx');
const SERVER_LINE = /^server \S+ (.*)$/m;
const FAIL_TIMEOUT_MS = 2_500;

/** nginx with the configuration of deploy/, except for what parley/*.conf are there to say. */
export class Nginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ports: { plain: number; tls: number },
    private readonly output: { text: string },
  ) {}

  static async start(options: ProxyOptions): Promise<Nginx> {
    const ports = { plain: await freePort(), tls: await freePort() };
    const args = await prepare(options, ports);
    const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const output = { text: '' };
    child.stderr.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
    while (!(await listens(ports.tls))) {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${output.text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new Nginx(child, ports, output);
  }

  /** What `nginx -t` says of the configuration; rejects when it is refused. */
  static async check(options: ProxyOptions): Promise<string> {
    const args = await prepare(options, { plain: await freePort(), tls: await freePort() });
    const { stdout, stderr } = await promisify(execFile)('nginx', ['-t', ...args]);
    return stdout + stderr;
  }

  get url(): string {
    return `https://127.0.0.1:${this.ports.tls}`;
  }

  get plainUrl(): string {
    return `http://127.0.0.1:${this.ports.plain}`;
  }

  /** Reads its files again, and has new processes serve whoever comes. */
  async reload(): Promise<void> {
    this.output.text = '';
    this.child.kill('SIGHUP');
    while (!this.output.text.includes('gracefully shutting down')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** It cannot be asked: who was found dead is tried again after fail_timeout. */
  untilServes(_index: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, FAIL_TIMEOUT_MS));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

/** Lays out a folder like /etc/nginx; returns the arguments for it. */
async function prepare(
  options: ProxyOptions,
  { plain, tls }: { plain: number; tls: number },
): Promise<string[]> {
  const { certificate, servers } = options;
  const dir = await mkdtemp(join(options.dir, 'nginx-'));
  const home = join(dir, 'nginx');
  await cp(DEPLOY, home, { recursive: true });
  await mkdir(join(home, 'logs'), { recursive: true });
  const parameters = SERVER_LINE.exec(await readFile(join(DEPLOY, 'parley/servers.conf'), 'utf8'))?.[1] ?? '';
  const lines = servers.map((url) => `server ${new URL(url).host} ${parameters}`);
  await writeFile(join(home, 'parley/servers.conf'), lines.join('\n'));
  await writeFile(join(home, 'parley/listen-plain.conf'), `listen 127.0.0.1:${plain};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    join(home, 'parley/listen.conf'),
    [
      `listen 127.0.0.1:${tls} ssl http2;`,
      `ssl_certificate ${certificate.certFile};`,
      `ssl_certificate_key ${certificate.keyFile};`,
      // Those of the distribution belong to the nginx of the machine.
      ...temporary.map((name) => `${name}_temp_path ${join(dir, name)};`),
    ].join('\n'),
  );
  const log = join(home, 'logs/error.log');
  const global = `daemon off; pid ${join(dir, 'nginx.pid')}; error_log ${log}; error_log stderr notice;`;
  return ['-p', dir, '-c', join(home, 'nginx.conf'), '-e', 'stderr', '-g', global];
}
