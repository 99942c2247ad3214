import { uuidv7 } from 'uuidv7';
import type { Minted } from '../../tools/accounts/mint';
import type { Client } from '../load/client';
import type { BenchServer } from './bench-server';
import { fillConversations } from './fill';
import { keyOf, roomsOf, type Shape, type Target } from './target';

/** Parley, with as many accounts and conversations as somebody asks for. */
export class ParleyTarget implements Target {
  readonly name = 'parley';
  readonly wire = 'parley';
  private readonly accounts: Minted[] = [];
  private readonly pairs: Client[] = [];
  private readonly gathered = new Map<string, Client[]>();
  private readonly met = new Set<string>();

  constructor(readonly server: BenchServer) {}

  get port(): number {
    return this.server.port;
  }

  /** The same people and conversations whenever it is asked for a shape. */
  async gather(shape: Shape): Promise<Client[]> {
    const key = keyOf(shape);
    const clients = this.gathered.get(key) ?? (await this.make(shape));
    this.gathered.set(key, clients);
    return clients;
  }

  cpu() {
    return this.server.cpu();
  }

  resident(): number {
    return this.server.rssMiB();
  }

  meets(shape: Shape): boolean {
    const key = keyOf(shape);
    if (this.met.has(key)) return false;
    this.met.add(key);
    return true;
  }

  restart(): Promise<void> {
    this.met.clear();
    return this.server.restart();
  }

  private async make(shape: Shape): Promise<Client[]> {
    const { length } = this.accounts;
    const names = Array.from({ length: shape.connections - length }, (_, i) => `client-${length + i}`);
    if (names.length > 0) this.accounts.push(...(await this.server.accounts(...names)));
    if (shape.roomSize !== 2) return this.fill('group', shape, 0);
    // Two people have one conversation: those who have it keep it.
    this.pairs.push(...(await this.fill('direct', shape, this.pairs.length / 2)));
    return this.pairs.slice(0, shape.connections);
  }

  /** Makes the rooms of a shape from one on. */
  private async fill(kind: 'direct' | 'group', shape: Shape, from: number): Promise<Client[]> {
    const rooms = Array.from({ length: Math.max(0, roomsOf(shape) - from) }, (_, i) => {
      const at = (from + i) * shape.roomSize;
      return { id: uuidv7(), members: this.accounts.slice(at, at + shape.roomSize) };
    });
    const wanted = rooms.map(({ id, members }) => ({ id, memberIds: members.map(({ userId }) => userId) }));
    await fillConversations(this.server.database, kind, wanted);
    await this.server.database.query('VACUUM ANALYZE');
    return rooms.flatMap(({ id: room, members }) =>
      members.map(({ userId: id, accessToken: token }) => ({ id, token, room })),
    );
  }
}
