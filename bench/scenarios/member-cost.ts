import type { ConversationCreated } from '@parley/protocol';
import { Figures } from '../support/figures';
import { fillMembers } from '../support/fill';
import { oneByOne } from '../support/measure';
import { Person } from '../support/person';
import { type Effort, measureReads, measureSends, type Pair, send } from '../support/reads';
import type { Bench, Report, Scenario } from '../support/scenario';
import type { BenchServer } from '../support/bench-server';
import type { Minted } from '../../tools/accounts/mint';

const SIZES = [10, 1_000, 10_000, 100_000];
const QUICK_SIZES = SIZES.slice(0, 2);
const ROUNDS = 3;
const WARM_UP: Effort = { sends: 200, reads: 50 };
const EFFORT: Effort = { sends: 1_000, reads: 300 };

/** What sending and reading cost against how many members are not there. */
export const memberCost: Scenario = {
  name: 'member-cost',
  apart: true,
  about: 'one more message, and reading, in a group of up to 100,000 members who are offline',
  run,
};

interface Group {
  server: BenchServer;
  conversationId: string;
  ann: Minted;
  bob: Minted;
}

async function run(bench: Bench): Promise<Report> {
  const sizes = bench.quick ? QUICK_SIZES : SIZES;
  const groups: Group[] = [];
  for (const size of sizes) {
    bench.log(`filling ${size.toLocaleString('en')} members`);
    groups.push(await prepare(bench, size));
  }
  const figures = new Figures(sizes.length);
  for (let n = 1; n <= ROUNDS; n++) {
    bench.log(`round ${n} of ${ROUNDS}`);
    for (const [at, group] of groups.entries()) await round(group, figures, at);
  }
  return { of: 'members', sizes: sizes.map((size) => size.toLocaleString('en')), figures: figures.all() };
}

async function round(group: Group, figures: Figures, size: number): Promise<void> {
  const pair = await connect(group);
  const first = await oneByOne(group.server, 1, () => send(pair));
  figures.add('first send after a start', 'ms', size, first.latency.quantile(1));
  const warmUp = new Figures(1);
  await measureSends(pair, warmUp, 0, WARM_UP);
  await measureReads(pair, warmUp, 0, WARM_UP);
  await measureSends(pair, figures, size, EFFORT);
  await measureReads(pair, figures, size, EFFORT);
}

/** With all that was known of the members forgotten. */
async function connect({ server, conversationId, ann, bob }: Group): Promise<Pair> {
  await server.restart();
  const readerAsPerson = new Person(bob, server.url);
  const writer = await new Person(ann, server.url).connect();
  return { server, conversationId, writer, readerAsPerson, reader: await readerAsPerson.connect() };
}

async function prepare(bench: Bench, size: number): Promise<Group> {
  const server = await bench.startServer();
  const [ann, bob] = await server.accounts('ann', 'bob');
  if (!ann || !bob) throw new Error('there are no accounts');
  const input = { kind: 'group', title: 'Everybody', memberIds: [bob.userId] };
  const { conversation } = await new Person(ann, server.url).rest.call<ConversationCreated>(
    ...(['POST', '/v1/conversations', input] as const),
  );
  await fillMembers(server.database, conversation.id, size);
  await server.database.query('VACUUM ANALYZE');
  return { server, conversationId: conversation.id, ann, bob };
}
