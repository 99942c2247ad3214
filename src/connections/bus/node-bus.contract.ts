import { Frame } from '../frame';
import type { BusMessage } from './bus-message';
import type { NodeBus } from './node-bus';

interface Node {
  bus: NodeBus;
  received: BusMessage[];
}

/** Between two looks at what has arrived. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const recount = (id: string): BusMessage => ({ type: 'recount', userIds: [id], conversationId: 'c' });
const ids = ({ received }: Node) =>
  received.map((message) => (message.type === 'recount' ? message.userIds[0] : ''));

/** The nodes of one test. */
class Nodes {
  private readonly all: NodeBus[] = [];

  constructor(private readonly connect: () => Promise<NodeBus>) {}

  /** One more, that listens to channels. */
  async add(...channels: string[]): Promise<Node> {
    const bus = await this.connect();
    this.all.push(bus);
    const received: BusMessage[] = [];
    bus.subscribe((message) => received.push(message));
    for (const channel of channels) bus.join(channel);
    return { bus, received };
  }

  async close(): Promise<void> {
    await Promise.all(this.all.splice(0).map((bus) => bus.close()));
  }
}

/** Until what one publishes on a channel reaches the others: joining takes a moment. */
async function reach(from: Node, channel: string, ...others: Node[]): Promise<void> {
  while (others.some(({ received }) => received.length === 0)) {
    from.bus.publish([channel], recount('probe'));
    await pause(2);
  }
  await settle(from, channel, ...others);
  for (const { received } of others) received.length = 0;
}

/** Until all that was published on a channel before has arrived. */
async function settle(from: Node, channel: string, ...others: Node[]): Promise<void> {
  from.bus.publish([channel], recount('last'));
  while (!others.every((node) => ids(node).includes('last'))) await pause(1);
  for (const node of others) node.received.splice(ids(node).indexOf('last'), 1);
}

/** What every bus must do; `connect` makes one more node on the same bus. */
export function nodeBusContract(name: string, connect: () => Promise<NodeBus>): void {
  describe(`${name} as a NodeBus`, () => {
    const nodes = new Nodes(connect);
    afterEach(() => nodes.close());
    tellsWhoListens(nodes);
    carriesEverything(nodes);
  });
}

function tellsWhoListens(nodes: Nodes): void {
  it('tells every other node that listens, in order, and not the one that speaks', async () => {
    const [a, b, c] = [await nodes.add('x'), await nodes.add('x'), await nodes.add('x', 'y')];
    const other = await nodes.add('y');
    await reach(a, 'x', b, c);
    await reach(a, 'y', c, other);
    for (let i = 0; i < 100; i++) a.bus.publish(['x'], recount(`${i}`));
    await settle(a, 'x', b, c);
    const all = Array.from({ length: 100 }, (_, i) => `${i}`);
    expect([b, c].map(ids)).toEqual([all, all]);
    expect([a, other].map(ids)).toEqual([[], []]);
  });

  it('tells a node once, however many of the channels it listens to', async () => {
    const [a, b] = [await nodes.add(), await nodes.add('x', 'y')];
    await reach(a, 'x', b);
    await reach(a, 'y', b);
    a.bus.publish(['x', 'y', 'z'], recount('1'));
    await settle(a, 'x', b);
    expect(ids(b)).toEqual(['1']);
  });

  it('tells nothing to a node that has left, or is closed', async () => {
    const [a, left] = [await nodes.add(), await nodes.add('x')];
    const [closed, there] = [await nodes.add('x'), await nodes.add('x')];
    await reach(a, 'x', left, closed, there);
    left.bus.leave('x');
    await closed.bus.close();
    let heard: number;
    do {
      heard = left.received.length;
      a.bus.publish(['x'], recount('1'));
      await settle(a, 'x', there);
      // What was on its way when it left may still come.
      await pause(20);
    } while (left.received.length > heard);
    expect(ids(closed)).toEqual([]);
  });
}

function carriesEverything(nodes: Nodes): void {
  it('carries every kind of message', async () => {
    const [a, b] = [await nodes.add(), await nodes.add('x')];
    await reach(a, 'x', b);
    const frame = Frame.push('typing.changed', { conversationId: 'c', userId: 'ann', on: true });
    const last = Frame.push('server.draining', { reconnectAfterMs: 1 });
    const position = { conversationId: 'c', version: 9, seq: 7, seqBefore: 6 };
    const told = [
      { to: ['ann', 'bob'], frame },
      { to: { seq: 7, notSeq: 3, except: ['eve'] }, frame: last },
    ];
    const base = { version: 8, seq: 6 };
    const sent: BusMessage[] = [
      { type: 'telling', position, told },
      { type: 'commit', commit: { conversationId: 'c', base, version: 9, changesMembers: true } },
      { type: 'push', userIds: ['ann', 'bob'], frame },
      { type: 'recount', userIds: ['ann', 'eve'], conversationId: 'c' },
      { type: 'revoked', sessionIds: ['s', 't'] },
      { type: 'contacts', userId: 'ann', contactIds: ['bob', 'eve'] },
      {
        type: 'presence',
        changes: [
          { userId: 'ann', status: 'away', own: 'away', lastSeenAt: null, toOthers: true, toSelf: false },
        ],
      },
    ];
    for (const message of sent) a.bus.publish(['x'], message);
    await settle(a, 'x', b);
    expect(b.received.map(plain)).toEqual(sent.map(plain));
  });

  it('tells every listener of a node', async () => {
    const [a, b] = [await nodes.add(), await nodes.add('x')];
    await reach(a, 'x', b);
    const second: BusMessage[] = [];
    b.bus.subscribe((message) => second.push(message));
    a.bus.publish(['x'], recount('1'));
    await settle(a, 'x', b);
    expect(ids(b)).toEqual(['1']);
    expect(second).toHaveLength(2);
  });
}

/** A message with what its frames say, in either encoding. */
function plain(message: BusMessage): unknown {
  const show = (frame: Frame) => [
    frame.bytes('json').toString(),
    frame.bytes('msgpack').toString('hex'),
    frame.ephemeral,
  ];
  if (message.type === 'telling') {
    return { ...message, told: message.told.map(({ to, frame }) => ({ to, frame: show(frame) })) };
  }
  return message.type === 'push' ? { ...message, frame: show(message.frame) } : message;
}
