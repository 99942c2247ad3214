import { Figures } from '../support/figures';
import { fillMessages } from '../support/fill';
import { Person } from '../support/person';
import { type Effort, measureReads, measureSends, type Pair, send } from '../support/reads';
import type { Bench, Report, Scenario } from '../support/scenario';
import { uuidv7 } from 'uuidv7';

const SIZES = [0, 100_000, 1_000_000, 10_000_000];
const QUICK_SIZES = SIZES.slice(0, 2);
const ROUNDS = 3;
const WARM_UP: Effort = { sends: 200, reads: 50 };
const EFFORT: Effort = { sends: 1_000, reads: 300 };

/** What sending and reading cost against the length of the history. */
export const historyCost: Scenario = {
  name: 'history-cost',
  apart: true,
  about: 'one more message, and reading, in a direct conversation of up to 10 million messages',
  run,
};

async function run(bench: Bench): Promise<Report> {
  const sizes = bench.quick ? QUICK_SIZES : SIZES;
  const pairs: Pair[] = [];
  for (const size of sizes) {
    bench.log(`filling ${size.toLocaleString('en')} messages`);
    pairs.push(await prepare(bench, size));
  }
  const figures = new Figures(sizes.length);
  for (const pair of pairs) await round(pair, new Figures(1), 0, WARM_UP);
  for (let n = 1; n <= ROUNDS; n++) {
    bench.log(`round ${n} of ${ROUNDS}`);
    // The sizes take turns, so that what else the machine does meets all of them.
    for (const [at, pair] of pairs.entries()) await round(pair, figures, at, EFFORT);
  }
  return {
    of: 'messages before',
    sizes: sizes.map((size) => size.toLocaleString('en')),
    figures: figures.all(),
  };
}

async function round(pair: Pair, figures: Figures, size: number, effort: Effort): Promise<void> {
  await measureSends(pair, figures, size, effort);
  await measureReads(pair, figures, size, effort);
}

/** A server of its own for each size: the indexes are of that size too. */
async function prepare(bench: Bench, size: number): Promise<Pair> {
  const server = await bench.startServer();
  const [ann, bob] = await server.accounts('ann', 'bob');
  if (!ann || !bob) throw new Error('there are no accounts');
  const socket = await new Person(ann, server.url).connect();
  const { message } = await socket.request('message.send', { to: bob.userId, id: uuidv7(), text: 'Hello' });
  const { conversationId } = message;
  socket.close();
  const senderIds = [ann.userId, bob.userId];
  if (size > 0) await fillMessages(server.database, [conversationId], { from: 2, to: size, senderIds });
  await server.database.query('VACUUM ANALYZE');
  // What was filled is written to its files now, and not while something is measured.
  await server.restart();
  const reader = new Person(bob, server.url);
  const pair = {
    ...{ server, conversationId, readerAsPerson: reader },
    writer: await new Person(ann, server.url).connect(),
    reader: await reader.connect(),
  };
  await send(pair);
  return pair;
}
