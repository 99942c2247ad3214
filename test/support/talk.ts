import type { Presence } from '@parley/protocol';
import { befriend, carried, groupOf, Apps, say, statusOf, until } from './apps';
import { Person } from './person';
import type { TestSocket } from './test-socket';

const PACE_MS = 10;

/**
 * Four people on two servers, two of whom write into one group without a pause.
 *
 * Each writer has a neighbour on the same server, who must have every message by the time it is acknowledged.
 */
export class Talk {
  /** What ann was told of bob, who is connected to the other server all the time. */
  readonly statuses = new Set<Presence['status']>();
  private readonly acked = new Set<number>();
  private late = 0;
  private isOver = false;
  private running: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly nodes: Apps,
    readonly people: { ann: Person; bob: Person },
    private readonly sockets: readonly [TestSocket, TestSocket, TestSocket, TestSocket],
    private readonly conversationId: string,
  ) {}

  /** A neighbour on either server, who only reads. */
  private get readers(): TestSocket[] {
    return [this.sockets[1], this.sockets[3]];
  }

  static async begin(nodes: Apps): Promise<Talk> {
    const { ann, bob, cid, dan } = await Person.registerAll(nodes.url, 'ann', 'bob', 'cid', 'dan');
    await befriend(ann, bob);
    const anns = await nodes.connect(0, ann);
    const bobs = await nodes.connect(1, bob);
    const conversationId = await groupOf(ann, bob, cid, dan);
    const [cids, dans] = [await nodes.connect(0, cid), await nodes.connect(1, dan)];
    await until('bob is online', async () => (await statusOf(ann, bob)) === 'online');
    const talk = new Talk(nodes, { ann, bob }, [anns, cids, bobs, dans], conversationId);
    await talk.carried();
    talk.running = Promise.all([talk.write(anns, cids), talk.write(bobs, dans), talk.watch()]);
    // Told by `end`.
    talk.running.catch(() => undefined);
    await talk.further(5);
    return talk;
  }

  /** Until so many more have arrived everywhere, whichever way. */
  async further(count: number): Promise<void> {
    const goal = this.acked.size + count;
    const fails = this.running.then(() => false);
    const arrived = until(`${count} more have arrived`, () => this.acked.size >= goal).then(() => true);
    await Promise.race([arrived, fails]);
    const last = Math.max(...this.acked);
    await until('they are everywhere', () => this.readers.every((socket) => seqs(socket).at(-1)! >= last));
  }

  /** Until what one server publishes reaches who is connected to the other, both ways. */
  async carried(): Promise<void> {
    const [anns, cids, bobs, dans] = this.sockets;
    await carried(anns, dans, this.conversationId);
    await carried(bobs, cids, this.conversationId);
  }

  /** Everybody got everything once, in order, and presence is right. */
  async end(): Promise<void> {
    await until('presence is right', async () => {
      return (await statusOf(this.nodes.at(0, this.people.ann), this.people.bob)) === 'online';
    });
    this.isOver = true;
    await this.running;
    const last = Math.max(...this.acked);
    const all = Array.from({ length: last - 1 }, (_, i) => i + 2);
    await until('both have the last', () => this.readers.every((socket) => seqs(socket).includes(last)));
    for (const socket of this.readers) {
      await socket.settle();
      // The first is the one that says that the group was made, before they were connected.
      expect(seqs(socket).filter((seq) => seq > 1)).toEqual(all);
    }
    // To those who write comes what the other writes, and of their own what was read together with it.
    for (const seen of this.sockets.map(seqs)) expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(this.late).toBe(0);
    expect(this.statuses).not.toContain('offline');
  }

  private async write(socket: TestSocket, neighbour: TestSocket): Promise<void> {
    while (!this.isOver) {
      const { message } = await say(socket, this.conversationId, 'hello');
      this.acked.add(message.seq);
      await neighbour.settle();
      if (!seqs(neighbour).includes(message.seq)) this.late++;
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }

  private async watch(): Promise<void> {
    const ann = this.nodes.at(0, this.people.ann);
    while (!this.isOver) {
      this.statuses.add(await statusOf(ann, this.people.bob));
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }
}

function seqs(socket: TestSocket): number[] {
  return socket.all('message.created').map(({ message }) => message.seq);
}
