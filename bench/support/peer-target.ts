import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Client } from '../load/client';
import type { WireName } from '../load/wires';
import type { BenchServer } from './bench-server';
import type { Peer } from './peers';
import { rssMiBOf } from './processes';
import { roomsOf, type Shape, type Target } from './target';

const PROGRAMS = join(__dirname, '../peers');

/** The table that peers keep messages in. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS bench_message (
    room text NOT NULL, id uuid PRIMARY KEY, sender text NOT NULL, text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`;

/** A peer in a process of its own, on the PostgreSQL of a Parley that has nothing to do meanwhile. */
export class PeerTarget implements Target {
  private child: ChildProcess | undefined;
  port = 0;

  private constructor(
    private readonly peer: Peer,
    private readonly parley: BenchServer,
  ) {}

  static async start(peer: Peer, parley: BenchServer): Promise<PeerTarget> {
    await parley.database.query(TABLE);
    const target = new PeerTarget(peer, parley);
    await target.launch();
    return target;
  }

  get name(): string {
    return this.peer.name;
  }

  get wire(): WireName {
    return this.peer.wire;
  }

  async gather(shape: Shape): Promise<Client[]> {
    return Array.from({ length: roomsOf(shape) * shape.roomSize }, (_, i) => {
      return { id: `client-${i}`, room: `room-${Math.floor(i / shape.roomSize)}` };
    });
  }

  meets(): boolean {
    return false;
  }

  cpu() {
    return this.parley.cpu(this.child?.pid);
  }

  resident(): number {
    return rssMiBOf(this.child?.pid ?? 0);
  }

  async restart(): Promise<void> {
    await this.remove();
    await this.launch();
  }

  async remove(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  private async launch(): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, BENCH_DATABASE: JSON.stringify(await this.parley.databaseConfig()) };
    const child = fork(join(PROGRAMS, `${this.peer.program}.js`), this.peer.args ?? [], { env });
    this.child = child;
    this.port = await new Promise<number>((resolve, reject) => {
      child.once('message', ({ port }: { port: number }) => resolve(port));
      child.once('exit', () => reject(new Error(`the peer ${this.name} ended`)));
    });
  }
}
