import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { findRunningPostgres } from '../../src/database/embedded-postgres/attach';
import { processesIn } from '../../src/database/embedded-postgres/process-info';
import { Person } from './person';
import { removeDataDirs, ServerProcess } from './server-process';
import { Stream } from './stream';

/** A server and its database, with two people, for tests that break something of it and start it again. */
export class Installation {
  server!: ServerProcess;
  ann!: Person;
  bob!: Person;

  private constructor(
    readonly dir: string,
    /** Of every start from here on. */
    readonly settings: Record<string, string>,
  ) {}

  /** Starts one, in a folder of its own unless told where. */
  static async start(settings: Record<string, string> = {}, dir?: string): Promise<Installation> {
    const installation = new Installation(dir ?? (await ServerProcess.dataDir()), {
      // The same after each start, so that clients find their server again.
      PORT: String(await freePort()),
      LOG_LEVEL: 'error',
      // Longer than any test: nobody here renews a token.
      ACCESS_TOKEN_TTL: '86400',
      ...settings,
    });
    await installation.start();
    const { ann, bob } = await Person.registerAll(installation.url, 'ann', 'bob');
    return Object.assign(installation, { ann, bob });
  }

  get url(): string {
    return this.server.url;
  }

  async start(): Promise<void> {
    this.server = await ServerProcess.start(this.dir, this.settings);
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.server.end(signal);
    await this.start();
  }

  /** One more server on the same database. */
  async peer(): Promise<ServerProcess> {
    const { user, password, database, host, port } = this.database();
    const url = `postgres://${user}:${password}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
    return ServerProcess.start(this.dir, { ...this.settings, PORT: '0', DATABASE_URL: url });
  }

  /** The id of a new group of both. */
  async group(): Promise<string> {
    const { conversation } = await this.ann.ok('POST', '/conversations', {
      kind: 'group',
      memberIds: [this.bob.id],
    });
    return conversation.id as string;
  }

  /** Ann, who writes into a group of both. */
  async stream(): Promise<Stream> {
    return new Stream(this.ann, await this.group());
  }

  /** The main process of the database. */
  postmaster(): number {
    const file = join(this.dir, 'postgres', 'data', 'postmaster.pid');
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  }

  /** Every process of the database. */
  databaseProcesses(): number[] {
    return processesIn(join(this.dir, 'postgres', 'data'));
  }

  /** A session beside the server's, as the server's own user unless told. */
  async session(user?: 'postgres'): Promise<Client> {
    const client = new Client({ ...this.database(), ...(user && { user }) });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  private database() {
    const connection = findRunningPostgres(this.dir);
    if (!connection) throw new Error('the database does not run');
    return connection;
  }

  /** As a crash of the machine would: server and database at once, without a word. */
  async killAll(): Promise<void> {
    this.server.child.kill('SIGKILL');
    for (const pid of this.databaseProcesses()) killIfThere(pid, 'SIGKILL');
    await this.server.exited;
    while (this.databaseProcesses().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Whatever state it is in. */
  async remove(): Promise<void> {
    await this.killAll();
    await removeDataDirs(this.dir);
  }
}

/** Sends a signal to a process that may be gone already. */
export function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
