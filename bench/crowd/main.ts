import type { Count, Order, People } from './orders';
import { Visitor } from './visitor';

/** Connections that are being made, or ended, at once. */
const AT_ONCE = 100;

let visitors: Visitor[] = [];
/** By watcher and place in the circle from there: how often they were told of them. */
let counts = new Uint8Array(0);
let told = 0;
let toldAt = 0;

function gather({ userIds, tokens, friends }: People): void {
  const places = new Map(userIds.map((userId, place) => [userId, place]));
  counts = new Uint8Array(userIds.length * (friends + 1));
  visitors = tokens.map((token, own) => {
    return new Visitor(token, (userId) => {
      told++;
      toldAt = performance.now();
      const place = places.get(userId) ?? own;
      const away = (place - own + userIds.length + friends / 2) % userIds.length;
      counts[own * (friends + 1) + away]!++;
    });
  });
}

async function each(act: (visitor: Visitor, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < visitors.length) {
      const index = next++;
      await act(visitors[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function count(quietMs: number): Promise<Count> {
  toldAt = performance.now();
  while (performance.now() - toldAt < quietMs) await new Promise((resolve) => setTimeout(resolve, 50));
  const result = { told, most: counts.reduce((most, value) => Math.max(most, value), 0) };
  told = 0;
  counts.fill(0);
  return result;
}

async function obey(order: Order): Promise<unknown> {
  switch (order.order) {
    case 'gather':
      return gather(order.people);
    case 'come':
      return each((visitor, index) => visitor.come(order.urls[index % order.urls.length]!));
    case 'go':
      return each((visitor) => visitor.go());
    case 'count':
      return count(order.quietMs);
  }
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer ?? null));
});
process.on('disconnect', () => process.exit());
