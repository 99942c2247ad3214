import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageSent } from '@parley/protocol';
import { createEmptyDatabase, dropDatabase, type TestDatabase } from './support/start-app';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { removeDataDirs, ServerProcess } from './support/server-process';
import type { TestSocket } from './support/test-socket';

// A version to upgrade from, as git knows it. Building it takes a minute, and needs its history.
const FROM = process.env.UPGRADE_FROM;
const ROOT = join(__dirname, '..');

const describeUpgrade = FROM ? describe : describe.skip;

describeUpgrade(`an upgrade from ${FROM ?? 'a version: name it in UPGRADE_FROM'}`, () => {
  let redis: RedisServer;
  let emptyDatabase: TestDatabase;
  let folder: string;
  let dataDir: string;
  let settings: Record<string, string>;
  const servers: ServerProcess[] = [];
  const sockets: TestSocket[] = [];

  beforeAll(async () => {
    folder = build(FROM!);
    redis = await RedisServer.start();
    dataDir = await ServerProcess.dataDir();
    const { user, password, database, host, port } = (emptyDatabase = await createEmptyDatabase());
    const where = `host=${encodeURIComponent(host)}&port=${port}`;
    settings = {
      ...{ JWT_SECRET: randomUUID() + randomUUID(), REDIS_URL: redis.url, LOG_LEVEL: 'error' },
      ...{ DATABASE_URL: `postgres://${user}:${password}@localhost/${database}?${where}` },
    };
  }, 300_000);
  afterAll(async () => {
    for (const server of servers) await server.end('SIGKILL');
    await redis?.kill();
    if (emptyDatabase) await dropDatabase(emptyDatabase);
    if (folder) rmSync(folder, { recursive: true, force: true });
    if (dataDir) await removeDataDirs(dataDir);
  });

  const start = async (main?: string) => {
    const server = await ServerProcess.start(dataDir, settings, main);
    servers.push(server);
    return server;
  };
  const startOld = () => start(join(folder, 'dist/src/main.js'));

  it('goes server by server, while people chat over all of them', async () => {
    const [first, second] = [await startOld(), await startOld()];
    const { ann, bob } = await Person.registerAll(first.url, 'ann', 'bob');
    await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
    const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
    const id = conversation.id as string;
    const third = await start();
    for (const [mine, other] of [
      [first, third],
      [third, second],
      [first, second],
    ]) {
      await converse(ann.at(mine!.url), bob.at(other!.url), id);
      await converse(bob.at(mine!.url), ann.at(other!.url), id);
    }
    await first.end();
    const fourth = await start();
    await converse(ann.at(second.url), bob.at(fourth.url), id);
    await second.end();
    await converse(ann.at(third.url), bob.at(fourth.url), id);
    const { messages } = await ann.at(third.url).ok('GET', `/conversations/${id}/messages?limit=200`);
    const seqs = (messages as { seq: number }[]).map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  }, 180_000);

  async function converse(ann: Person, bob: Person, conversationId: string): Promise<void> {
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    sockets.push(anns, bobs);
    for (const text of ['one', 'two', 'three']) {
      const input = { id: randomUUID(), conversationId, text };
      const sent = (await anns.request('message.send', input)) as MessageSent;
      expect(await bobs.next('message.created', ({ message }) => message.id === input.id)).toMatchObject({
        message: { seq: sent.message.seq, text },
      });
      await bobs.request('receipt.read', { conversationId, seq: sent.message.seq });
      await anns.request('message.edit', { id: input.id, conversationId, text: `${text}!` });
      await bobs.next('message.updated', ({ message }) => message.id === input.id);
    }
    await bobs.request('presence.set', { status: 'busy' });
    await bobs.request('presence.set', { status: 'online' });
    await anns.settle();
    await Promise.all([anns.close(), bobs.close()]);
  }
});

/** A version as it was, in a folder of its own, with the packages of now. */
function build(version: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  const run = (command: string) => execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'inherit' });
  execFileSync('sh', ['-c', `git archive "$0" | tar -x -C "$1"`, version, folder], { cwd: ROOT });
  // But for those that are its own.
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@parley'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@parley') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const name of ['protocol', 'client']) {
    symlinkSync(join(folder, 'packages', name), join(modules, '@parley', name));
  }
  run('npm run --silent build');
  return folder;
}
