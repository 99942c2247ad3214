import { randomUUID } from 'node:crypto';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { FOLLOWING } from '../src/database/following';
import { CommitFeed } from '../src/timeline/commit-feed';
import { groupOf } from './support/messages';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { statementsOf } from './support/statements';

/** More than are read at once. */
const GROUPS = 350;
/** Of the other's memory nothing is known, so each part of it is one statement, and who was removed another. */
const READINGS = 3;
const AT_ONCE = 50;

const settings = { JWT_SECRET: randomUUID() };
const servers: TestApp[] = [];

afterAll(async () => {
  for (const server of servers.reverse()) await server.stop();
});

it('who was removed has gone before the rest is told of what was committed elsewhere meanwhile', async () => {
  const here = await startApp(settings);
  servers.push(here);
  const { ann, bob } = await Person.registerAll(here.url, 'ann', 'bob');
  const groups: string[] = [];
  const inParts = async (work: (i: number) => Promise<unknown>) => {
    for (let i = 0; i < GROUPS; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, part) => work(i + part)));
    }
  };
  await inParts(async (i) => (groups[i] = await groupOf(ann, bob)));
  const left = await groupOf(ann, bob);

  const there = await startApp(settings, {}, () => Promise.resolve(here.database));
  servers.push(there);
  const goOn = standStill(there.app.get(CommitFeed));
  const [anns, bobs] = [await ann.connect(), await bob.at(there.url).connect()];
  const say = (conversationId: string) =>
    anns.request('message.send', { id: randomUUID(), conversationId, text: 'hello' });
  await inParts((i) => say(groups[i]!));
  await ann.ok('DELETE', `/conversations/${left}/members/${bob.id}`);

  const events: string[] = [];
  bobs.raw.on('message', (data: Buffer) => {
    events.push((JSON.parse(data.toString()) as { event: string }).event);
  });
  const following = there.app.get<DataSource>(getDataSourceToken(FOLLOWING));
  const statements = await statementsOf(following, async () => {
    goOn();
    for (const id of groups)
      await bobs.next('message.created', ({ message }) => message.conversationId === id);
  });
  expect(events.indexOf('conversation.removed')).toBeGreaterThanOrEqual(0);
  expect(events.indexOf('conversation.removed')).toBeLessThan(events.indexOf('message.created'));
  const ofMembers = statements.filter((sql) => sql.includes('LEFT JOIN member'));
  expect(ofMembers.length).toBeLessThanOrEqual(READINGS);
}, 60_000);

/** As when the database is slow to answer who reads the feed: it reads nothing until it is told to go on. */
function standStill(feed: CommitFeed): () => void {
  const { read } = feed;
  let goOn: () => void = () => undefined;
  const going = new Promise<void>((resolve) => (goOn = resolve));
  jest.spyOn(feed, 'read').mockImplementation(() => going.then(read));
  return goOn;
}
