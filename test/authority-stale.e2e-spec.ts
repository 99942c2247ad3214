import { randomUUID } from 'node:crypto';
import type { MessageSent } from '@parley/protocol';
import { Installation, killIfThere } from './support/installation';
import { eventually } from './support/until';

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start();
}, 60_000);
afterAll(() => installation.remove());

it('a server that cannot read what others take back lets nobody do anything until it can', async () => {
  const { ann, bob } = installation;
  const conversationId = await installation.group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  const typing = () => anns.request('typing.set', { conversationId, on: true });
  await typing();
  await bobs.next('typing.changed');
  // Only those connections: messages could be stored.
  const session = await installation.session();
  const { rows } = await session.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'parley following'`,
  );
  for (const { pid } of rows) killIfThere(pid, 'SIGSTOP');
  await eventually(async () => (await ann.call('GET', '/users/me')).status === 503);
  expect(await ann.error('GET', '/users/me')).toMatchObject({ code: 'unavailable', retryable: true });
  await expect(typing()).rejects.toMatchObject({ code: 'unavailable' });
  const input = { id: randomUUID(), conversationId, text: 'kept' };
  await expect(anns.request('message.send', input)).rejects.toMatchObject({ code: 'unavailable' });
  // Sockets stay and may come, are answered whether anybody is there, and get nothing.
  const late = await bob.connect();
  for (const socket of [anns, bobs, late]) await socket.settle();
  expect([...bobs.frames, ...late.frames].filter(({ event }) => event !== 'conversation.created')).toEqual(
    [],
  );
  for (const { pid } of rows) killIfThere(pid, 'SIGCONT');
  await eventually(async () => (await ann.call('GET', '/users/me')).status === 200);
  const sent = (await anns.request('message.send', input)) as MessageSent;
  expect(sent.message.seq).toBe(2);
  await session.end();
}, 60_000);
