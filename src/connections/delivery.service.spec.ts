import type { CloseInfo } from '@parley/protocol';
import { Authority } from '../common/authority';
import { MemoryBus, MemoryBusHub } from './bus/memory-bus';
import type { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import { DeliveryService } from './delivery.service';
import { Frame } from './frame';
import type { Gap } from './push-order';

class Recorder implements Connection {
  readonly sessionId = 'session';
  readonly frames: Frame[] = [];

  constructor(
    readonly id: string,
    readonly userId: string,
  ) {}

  send(frame: Frame): void {
    this.frames.push(frame);
  }

  close(_reason: CloseInfo): void {}
}

function node(hub: MemoryBusHub, ...connections: Connection[]): DeliveryService {
  return nodeWith(new Authority(), hub, ...connections);
}

function nodeWith(authority: Authority, hub: MemoryBusHub, ...connections: Connection[]): DeliveryService {
  const registry = new ConnectionRegistry();
  const bus = new MemoryBus(hub);
  const delivery = new DeliveryService(registry, bus, { groupChannelMembers: 16 }, authority);
  for (const connection of connections) registry.add(connection);
  return delivery;
}

const turnEnd = () => new Promise((resolve) => setImmediate(resolve));
const typing = (userId: string) => Frame.push('typing.changed', { conversationId: 'c', userId, on: true });

describe('DeliveryService', () => {
  it('sends what one turn handed over in the order of versions, and the rest after it', async () => {
    const ann = new Recorder('1', 'ann');
    const delivery = node(new MemoryBusHub(), ann);
    const frames = [0, 1, 2, 3].map((i) => typing(String(i)));
    delivery.push({ to: ['ann'], frame: frames[3]! });
    delivery.push({
      to: ['ann'],
      frame: frames[2]!,
      position: { conversationId: 'c', version: 9, seq: 9, seqBefore: 8 },
    });
    delivery.push({
      to: ['ann'],
      frame: frames[0]!,
      position: { conversationId: 'c', version: 7, seq: 7, seqBefore: 6 },
    });
    delivery.inOrder({
      position: { conversationId: 'c', version: 8 },
      write: () => ann.send(frames[1]!),
    });
    expect(ann.frames).toEqual([]);
    await turnEnd();
    expect(ann.frames).toEqual(frames);
  });

  it('reaches users on other nodes of the bus, and leaves out the excepted connection here', async () => {
    const hub = new MemoryBusHub();
    const [here, there, stranger] = [
      new Recorder('1', 'ann'),
      new Recorder('2', 'ann'),
      new Recorder('3', 'eve'),
    ];
    const delivery = node(hub, here, stranger);
    node(hub, there);
    delivery.push({ to: ['ann'], frame: typing('bob'), except: '1' });
    await turnEnd();
    // What has arrived there leaves at the end of a turn too.
    await turnEnd();
    expect([here, there, stranger].map((connection) => connection.frames.length)).toEqual([0, 1, 0]);
  });

  it('hands on nothing of other nodes while it cannot know what was taken back, and reads it afterwards', async () => {
    const hub = new MemoryBusHub();
    const authority = new Authority();
    const isCurrent = jest.spyOn(authority, 'isCurrent').mockReturnValue(false);
    const [here, there] = [new Recorder('1', 'ann'), new Recorder('2', 'bob')];
    const delivery = node(hub, here);
    const elsewhere = nodeWith(authority, hub, there);
    const read: Gap[] = [];
    elsewhere.follow({
      catchUp: () => Promise.resolve(),
      fill: (gaps) => {
        read.push(...gaps);
        return Promise.resolve([]);
      },
      members: () => null,
    });
    const told = (version: number) => {
      const position = { conversationId: 'c', version, seq: version, seqBefore: version - 1 };
      delivery.push({ to: ['ann', 'bob'], frame: typing('eve'), position });
    };
    told(1);
    delivery.push({ to: ['ann', 'bob'], frame: typing('eve') });
    for (let i = 0; i < 3; i++) await turnEnd();
    expect([here, there].map(({ frames }) => frames.length)).toEqual([2, 0]);
    expect(read).toMatchObject([{ conversationId: 'c', from: { version: 0 } }]);
    isCurrent.mockRestore();
    delivery.push({ to: ['bob'], frame: typing('eve') });
    for (let i = 0; i < 3; i++) await turnEnd();
    expect(there.frames).toHaveLength(1);
  });

  it('reaches the connected among many members', async () => {
    const ann = new Recorder('1', 'ann');
    const delivery = node(new MemoryBusHub(), ann, new Recorder('2', 'eve'));
    const members = new Set(['ann', ...Array.from({ length: 100 }, (_, i) => `member ${i}`)]);
    delivery.push({ to: members, frame: typing('bob') });
    await turnEnd();
    expect(ann.frames).toHaveLength(1);
  });
});
