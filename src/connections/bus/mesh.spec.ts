import type { BusMessage } from './bus-message';
import { Mesh } from './mesh';
import { BusStats, NODES_CHANNEL } from './node-bus';

const recount = (id: string): BusMessage => ({ type: 'recount', userIds: [id], conversationId: 'c' });

/** What lies between the nodes; it loses what it is told to lose. */
class Net {
  readonly nodes = new Map<string, Node>();
  /** Whether something on its way is lost. */
  loses: (from: string, to: string, isAnnouncement: boolean) => boolean = () => false;

  add(id: string): Node {
    const node = new Node(this, id.repeat(32));
    this.nodes.set(node.id, node);
    node.mesh.up();
    return node;
  }

  carry(from: string, to: Node | undefined, bytes: Buffer, isAnnouncement: boolean): Promise<void> {
    return Promise.resolve().then(() => {
      if (!to || this.loses(from, to.id, isAnnouncement)) return;
      to.payloads += isAnnouncement ? 0 : 1;
      if (isAnnouncement) to.mesh.hearAll(bytes);
      else to.mesh.hear(bytes);
    });
  }
}

class Node {
  readonly mesh: Mesh;
  readonly stats = new BusStats();
  readonly received: string[] = [];
  readonly joined: string[] = [];
  gaps = 0;
  payloads = 0;

  constructor(
    net: Net,
    readonly id: string,
  ) {
    const toAll = async (bytes: Buffer) => {
      const all = [...net.nodes.values()];
      await Promise.all(all.map((node) => net.carry(id, node, bytes, true)));
      return all.length;
    };
    const to = (node: string, bytes: Buffer) => net.carry(id, net.nodes.get(node), bytes, false);
    const receive = (message: BusMessage) => {
      if (message.type === 'recount') this.received.push(message.userIds[0]!);
    };
    const joined = (channels: readonly string[]) => this.joined.push(...channels);
    this.mesh = new Mesh(id, { toAll, to }, { receive, joined, gap: () => this.gaps++ }, this.stats);
  }
}

describe('Mesh', () => {
  let net: Net;
  let a: Node;
  let b: Node;

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    net = new Net();
    a = net.add('a');
    b = net.add('b');
    await pass(2_000);
    [a, b].forEach((node) => (node.gaps = 0));
  });
  afterEach(async () => {
    await Promise.all([...net.nodes.values()].map(({ mesh }) => mesh.close()));
    jest.useRealTimers();
  });

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('tells nobody what nobody listens to, and in one payload what one turn says', async () => {
    b.mesh.join('x');
    await pass(100);
    const before = b.payloads;
    for (const id of ['1', '2', '3']) a.mesh.publish(['x', 'z'], recount(id));
    a.mesh.publish(['y'], recount('4'));
    a.mesh.publish([NODES_CHANNEL], recount('5'));
    await pass(0);
    expect(b.received).toEqual(['1', '2', '3', '5']);
    expect(b.payloads).toBe(before + 1);
    b.mesh.leave('x');
    await pass(100);
    a.mesh.publish(['x'], recount('6'));
    await pass(0);
    expect(b.received).toHaveLength(4);
    expect([a.gaps, b.gaps]).toEqual([0, 0]);
  });

  it('counts a channel as joined when the others go by the announcement', async () => {
    net.loses = (from) => from === b.id;
    b.mesh.join('x');
    await pass(3_000);
    expect(b.joined).toEqual([]);
    net.loses = () => false;
    // It misses what it was not told, and asks.
    await pass(1_100);
    expect(b.joined).toEqual(['x']);
    a.mesh.publish(['x'], recount('1'));
    await pass(0);
    expect(b.received).toEqual(['1']);
  });

  it('tells everything to a node of which an announcement is missing', async () => {
    b.mesh.join('x');
    await pass(100);
    net.loses = (from, _, isAnnouncement) => from === b.id && isAnnouncement;
    b.mesh.join('y');
    await pass(100);
    a.mesh.publish(['y'], recount('lost'));
    net.loses = () => false;
    b.mesh.join('z');
    // The next one has arrived, and shows that one is missing.
    await pass(6);
    a.mesh.publish(['y'], recount('1'));
    await pass(100);
    expect(b.received).toEqual(['1']);
    expect(b.joined).toEqual(['x', 'y', 'z']);
  });

  it('notices a payload that is missing', async () => {
    net.loses = (from, _, isAnnouncement) => from === a.id && !isAnnouncement;
    a.mesh.publish([NODES_CHANNEL], recount('lost'));
    await pass(0);
    net.loses = () => false;
    expect(b.gaps).toBe(0);
    a.mesh.publish([NODES_CHANNEL], recount('1'));
    await pass(0);
    expect([b.gaps, b.received]).toEqual([1, ['1']]);
  });

  it('waits for nobody for ever, and has missed something of who catches up', async () => {
    net.loses = (from, to) => [from, to].includes(a.id);
    b.mesh.join('x');
    await pass(8_000);
    expect(b.joined).toEqual(['x']);
    expect(b.gaps).toBe(0);
    net.loses = () => false;
    await pass(2_000);
    expect(b.gaps).toBeGreaterThan(0);
  });

  it('forgets who is silent, and has missed something when it is back; who has left is not waited for', async () => {
    net.loses = (from) => from === a.id;
    await pass(15_000);
    expect([a.mesh.size, b.mesh.size]).toEqual([1, 0]);
    net.loses = () => false;
    await pass(2_000);
    expect(b.mesh.size).toBe(1);
    expect([a.gaps, b.gaps].every((gaps) => gaps > 0)).toBe(true);
    await a.mesh.close();
    net.nodes.delete(a.id);
    await pass(0);
    expect(b.mesh.size).toBe(0);
  });

  it('has missed nothing of a node that begins', async () => {
    const c = net.add('c');
    await pass(2_000);
    expect([a.gaps, b.gaps]).toEqual([0, 0]);
    expect(c.gaps).toBe(1);
    expect([a, b, c].map(({ mesh }) => mesh.size)).toEqual([2, 2, 2]);
  });
});
