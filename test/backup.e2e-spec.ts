import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Installation } from './support/installation';
import { call, PASSWORD, type Person } from './support/person';
import { runTool } from './support/run-tool';
import { removeDataDirs, ServerProcess } from './support/server-process';
import { Stream } from './support/stream';

jest.setTimeout(180_000);

let from: Installation;
let folder: string;
let groupId: string;
const others: (() => Promise<void>)[] = [];

beforeAll(async () => {
  from = await Installation.start();
  folder = await mkdtemp(join(tmpdir(), 'parley-backup-'));
  groupId = await from.group();
});
afterEach(async () => {
  for (const end of others.splice(0)) await end();
});
afterAll(async () => {
  await from.remove();
  await rm(folder, { recursive: true, force: true });
});

const run = (tool: string, name: string, dataDir: string) =>
  runTool(tool, [join(folder, name), '--data-dir', dataDir], {}, folder);

/** What somebody sees of a group: messages, members with cursors, counts. */
async function seen(person: Person): Promise<unknown> {
  const [{ messages }, { members }, summary] = await Promise.all([
    person.ok('GET', `/conversations/${groupId}/messages?limit=200`),
    person.ok('GET', `/conversations/${groupId}/members`),
    person.ok('GET', `/conversations/${groupId}`),
  ]);
  return { messages, members, summary };
}

/** A new installation with nobody in it, which takes the tokens of the first. */
async function fresh(): Promise<{ dir: string; server: ServerProcess }> {
  const dir = await ServerProcess.dataDir();
  await copyFile(join(from.dir, 'jwt-secret'), join(dir, 'jwt-secret'));
  const server = await ServerProcess.start(dir, { LOG_LEVEL: 'error' });
  others.push(() => server.end().then(() => removeDataDirs(dir)));
  return { dir, server };
}

it('brings back what was there, on another database, while people write', async () => {
  const { ann, bob } = from;
  const socket = await ann.connect();
  const id = randomUUID();
  await socket.request('message.send', { id, conversationId: groupId, text: 'line\none\t"two" \\ ü 你好' });
  await socket.request('message.edit', { conversationId: groupId, id, text: 'edited\\N' });
  await socket.request('reaction.set', { conversationId: groupId, id, emoji: '👍', on: true });
  const stream = new Stream(
    bob,
    (await ann.ok('POST', '/messages', { to: bob.id, id: randomUUID(), text: 'hi' })).message.conversationId,
  );
  const writing = stream.write(from.url, 2, 'closed');
  await (await bob.connect()).request('receipt.read', { conversationId: groupId, seq: 2 });
  const before = await seen(bob);
  await stream.further(20);
  const acked = new Map(stream.acked);
  const backup = await run('backup', 'first', from.dir);
  expect(backup).toMatchObject({ code: 0 });
  stream.end();
  await writing;
  expect((await stat(join(folder, 'first'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'first/message.copy.gz'))).mode & 0o777).toBe(0o600);
  const { cursor } = await bob.ok('GET', '/sync');

  const to = await fresh();
  const restored = await run('restore', 'first', to.dir);
  expect(restored).toMatchObject({ code: 0 });
  // The session goes on with its tokens, and so do passwords.
  const bobThere = bob.at(to.server.url);
  expect(await seen(bobThere)).toEqual(before);
  const credentials = { username: ann.username, password: PASSWORD };
  expect((await call(to.server.url, 'POST', '/v1/auth/login', credentials)).status).toBe(200);
  // Everything that had been acknowledged before, under its number and without a gap.
  const backedUp = new Stream(bobThere, stream.conversationId);
  for (const [message, seq] of acked) backedUp.acked.set(message, seq);
  await backedUp.check(bobThere);
  // A client that knows more than the backup begins afresh, and a new message takes the next number.
  expect(await bobThere.error('GET', `/sync?cursor=${cursor}`)).toMatchObject({ code: 'cursor_invalid' });
  const next = { id: randomUUID(), text: 'after' };
  const sent = await bobThere.ok('POST', `/conversations/${groupId}/messages`, next);
  expect(sent.message.seq).toBe((before as { summary: { lastSeq: number } }).summary.lastSeq + 1);
  const found = await bobThere.ok('GET', `/sync?cursor=${(await bobThere.ok('GET', '/sync')).cursor}`);
  expect(found.conversations).toEqual([]);

  // Not over somebody else's data.
  expect(await run('restore', 'first', to.dir)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('The database is not empty'),
  });
});

it('restores all or nothing, and nothing of another release', async () => {
  expect((await run('backup', 'broken', from.dir)).code).toBe(0);
  const to = await fresh();
  const file = join(folder, 'broken/message.copy.gz');
  const whole = await readFile(file);
  const cut = gunzipSync(whole).toString().split('\n').slice(1).join('\n');
  for (const [wrong, complaint] of [
    [gzipSync(cut), 'Nothing is restored: of message there are'],
    [whole.subarray(0, whole.length - 12), 'Nothing is restored: message cannot be read'],
  ] as const) {
    await writeFile(file, wrong);
    expect(await run('restore', 'broken', to.dir)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(complaint),
    });
  }
  await writeFile(file, whole);
  const manifest = JSON.parse(await readFile(join(folder, 'broken/manifest.json'), 'utf8'));
  manifest.migrations.pop();
  await writeFile(join(folder, 'broken/manifest.json'), JSON.stringify(manifest));
  expect(await run('restore', 'broken', to.dir)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('restore with the release that made it'),
  });
  const credentials = { username: from.ann.username, password: PASSWORD };
  expect((await call(to.server.url, 'POST', '/v1/auth/login', credentials)).status).toBe(401);
});

it('writes over nothing, and says what is missing', async () => {
  expect(await run('backup', '.', from.dir)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is not empty'),
  });
  expect(await run('restore', 'nowhere', from.dir)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no backup in'),
  });
  expect(await run('backup', 'none', folder)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('No database runs in'),
  });
});
