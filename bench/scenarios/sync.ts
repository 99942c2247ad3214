import type { ParleySocket } from '@parley/client';
import { uuidv7 } from 'uuidv7';
import { Figures } from '../support/figures';
import { fillConversations, fillMessages } from '../support/fill';
import { oneByOne } from '../support/measure';
import { Person } from '../support/person';
import type { Bench, Report, Scenario } from '../support/scenario';

const CONVERSATIONS = 500;
const UNREAD_EACH = 100;
const READS = 100;
const LIMITS = [50, 200];

/** What a first sync costs of somebody who has been away for long. */
export const syncCost: Scenario = {
  name: 'sync',
  takes: { full: 25, quick: 7 },
  about: `all of a first sync, of ${CONVERSATIONS} conversations with ${(CONVERSATIONS * UNREAD_EACH).toLocaleString('en')} unread messages`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const server = await bench.startServer();
  const [ann, bob, cem] = await server.accounts('ann', 'bob', 'cem');
  if (!ann || !bob || !cem) throw new Error('there are no accounts');
  const memberIds = [ann.userId, bob.userId, cem.userId];
  const wanted = Array.from({ length: CONVERSATIONS }, () => ({ id: uuidv7(), memberIds }));
  await fillConversations(server.database, 'group', wanted);
  const ids = wanted.map(({ id }) => id);
  const senderIds = [bob.userId, cem.userId];
  await fillMessages(server.database, ids, { from: 1, to: UNREAD_EACH, senderIds });
  await server.database.query('VACUUM ANALYZE');
  const socket = await new Person(ann, server.url).connect();
  const figures = new Figures(LIMITS.length);
  const reads = bench.quick ? READS / 5 : READS;
  for (const [at, limit] of LIMITS.entries()) {
    await oneByOne(server, 10, () => syncAll(socket, limit));
    const cost = await oneByOne(server, reads, () => syncAll(socket, limit));
    figures.addCost('sync', at, cost, [0.5, 0.95, 0.99]);
    figures.add('both together', 'ms', at, (cost.serverCpu + cost.databaseCpu) / 1_000);
  }
  socket.close();
  return {
    ...{ of: 'a page of', sizes: LIMITS.map((limit) => `${limit} conversations`), figures: figures.all() },
    charted: ['sync server CPU', 'sync database CPU'],
  };
}

async function syncAll(socket: ParleySocket, limit: number): Promise<void> {
  let cursor: string | undefined;
  let unread = 0;
  for (let more = true; more;) {
    const page = await socket.request('sync', { cursor, limit });
    for (const conversation of page.conversations) unread += conversation.unread;
    ({ cursor, more } = page);
  }
  if (unread !== CONVERSATIONS * UNREAD_EACH) throw new Error(`sync tells of ${unread} unread messages`);
}
