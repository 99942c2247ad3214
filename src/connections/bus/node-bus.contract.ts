import { Frame } from '../frame';
import type { BusMessage } from './bus-message';
import type { NodeBus } from './node-bus';

/** What every bus must do; `join` makes one more node on the same bus. */
export function nodeBusContract(name: string, join: () => Promise<NodeBus>): void {
  describe(`${name} as a NodeBus`, () => {
    const nodes: NodeBus[] = [];

    async function node(): Promise<{ bus: NodeBus; received: BusMessage[] }> {
      const bus = await join();
      nodes.push(bus);
      const received: BusMessage[] = [];
      bus.subscribe((message) => received.push(message));
      return { bus, received };
    }

    afterEach(() => Promise.all(nodes.splice(0).map((bus) => bus.close())));

    const push = (userId: string): BusMessage => ({
      type: 'push',
      userIds: [userId],
      frame: Frame.push('server.draining', { reconnectAfterMs: 1 }),
    });

    const ids = (messages: BusMessage[]) => messages.map((message) => [...message.userIds][0]);

    it('tells every other node, in order, and not the one that speaks', async () => {
      const [a, b, c] = [await node(), await node(), await node()];
      for (const id of ['1', '2', '3']) a.bus.publish(push(id));
      expect(ids(b.received)).toEqual(['1', '2', '3']);
      expect(ids(c.received)).toEqual(['1', '2', '3']);
      expect(a.received).toEqual([]);
    });

    it('tells every listener of a node', async () => {
      const [a, b] = [await node(), await node()];
      const second: BusMessage[] = [];
      b.bus.subscribe((message) => second.push(message));
      a.bus.publish(push('1'));
      expect(ids(b.received)).toEqual(ids(second));
    });

    it('tells nothing to a node that is closed', async () => {
      const [a, b] = [await node(), await node()];
      await b.bus.close();
      a.bus.publish(push('1'));
      expect(b.received).toEqual([]);
    });
  });
}
