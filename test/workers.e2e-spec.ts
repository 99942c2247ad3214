import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { MessageSent } from '@parley/protocol';
import { killIfThere } from './support/installation';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { isAlive, postmasterOf, removeDataDirs, ServerProcess, workersOf } from './support/server-process';
import { TestSocket } from './support/test-socket';

const SECRET = 'q8Zt2mXw7Lr4Vb9Nc1Kd6Hs3Fg5Jp0Ye';

/** How many sockets a process has open. */
function socketsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).filter((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:'),
    ).length;
  } catch {
    return 0; // it has ended
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

// Each starts a server, sometimes twice.
jest.setTimeout(120_000);

describeWith('redis-server', 'workers behind one port', () => {
  let redis: RedisServer;
  const dirs: string[] = [];
  const servers: ServerProcess[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.end()));
    await removeDataDirs(...dirs.splice(0));
  });
  afterAll(() => redis.kill());

  async function spawn(settings: Record<string, string> = {}, dir?: string): Promise<ServerProcess> {
    const own = dir ?? (await ServerProcess.dataDir());
    if (!dir) dirs.push(own);
    const server = ServerProcess.spawn(own, { WORKERS: '2', REDIS_URL: redis.url, ...settings });
    servers.push(server);
    return server;
  }

  async function start(settings: Record<string, string> = {}, dir?: string): Promise<ServerProcess> {
    const server = await spawn(settings, dir);
    await server.printed(/Parley is running/);
    return server;
  }

  async function connect(person: Person, count: number): Promise<TestSocket[]> {
    return Promise.all(Array.from({ length: count }, () => person.connect()));
  }

  it('serve the same people, and each message reaches all of them', async () => {
    const server = await start();
    expect(workersOf(server)).toHaveLength(2);
    expect(server.output.match(/Parley is running/g)).toHaveLength(1);
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    const [anns, bobs] = [await connect(ann, 4), await connect(bob, 4)];
    for (const [i, socket] of anns.entries()) {
      await socket.request('message.send', { id: randomUUID(), to: bob.id, text: `${i}` });
    }
    for (const socket of bobs) {
      for (let i = 0; i < anns.length; i++) {
        expect((await socket.next('message.created')).message.text).toBe(`${i}`);
      }
    }
  });

  it('lose nothing acknowledged when one is killed, and another one takes its place', async () => {
    const server = await start();
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    const [anns, bobs] = [await connect(ann, 4), await connect(bob, 4)];
    const acked = new Set<string>();
    const writing = anns.map(async (socket) => {
      for (;;) {
        const id = randomUUID();
        const sent = await socket.request('message.send', { id, to: bob.id, text: 'x' });
        acked.add((sent as MessageSent).message.id);
      }
    });
    for (const each of writing) each.catch(() => undefined);
    await until(() => acked.size > 20);
    const [victim, other] = workersOf(server);
    process.kill(victim!, 'SIGKILL');
    await Promise.race(bobs.map((socket) => socket.closed));
    await ann.disconnect();
    await Promise.allSettled(writing);
    const again = await bob.connect();
    await again.settle();
    // Whose worker lives has noticed nothing.
    for (const socket of bobs) if (socket.raw.readyState === socket.raw.OPEN) await socket.settle();
    await until(() => workersOf(server).length === 2);
    expect(workersOf(server)).toContain(other);
    const { items } = await bob.ok('GET', '/conversations');
    const { messages } = await bob.ok('GET', `/conversations/${items[0].id}/messages?limit=200`);
    const ids = (messages as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...acked]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('come to have equally many sockets again after one was started anew', async () => {
    const server = await start();
    const ann = await Person.register(server.url);
    const sockets = await connect(ann, 300);
    const [victim, other] = workersOf(server);
    process.kill(victim!, 'SIGKILL');
    await until(() => !isAlive(victim!) && workersOf(server).length === 2);
    const added = workersOf(server).find((pid) => pid !== other)!;
    // Until the new one takes part; its own connections to database and Redis are fewer.
    const idle = socketsOf(added);
    while (socketsOf(added) <= idle + 30) sockets.push(await ann.connect());
    const before = [socketsOf(added), socketsOf(other!)] as const;
    // A worker declines at most so many in a moment: a storm is not held up for the sake of balance.
    for (let i = 0; i < 60; i++) {
      sockets.push(await ann.connect());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(socketsOf(added) - before[0]).toBeGreaterThan(45);
    expect(socketsOf(other!) - before[1]).toBeLessThan(15);
  });

  it('end together and in order, also when a Ctrl-C reaches every process', async () => {
    const server = await start();
    const ann = await Person.register(server.url);
    const sockets = await connect(ann, 4);
    const pids = [postmasterOf(server.dataDir), ...workersOf(server)];
    for (const pid of workersOf(server)) process.kill(pid, 'SIGINT');
    for (const socket of sockets) await socket.settle();
    for (const pid of [...workersOf(server), server.child.pid!]) process.kill(pid, 'SIGINT');
    for (const socket of sockets) {
      await socket.next('server.draining');
      expect(await socket.closed).toEqual({ code: 4503, reason: 'draining' });
    }
    expect(await server.exited).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('end at once with the second signal', async () => {
    const server = await start();
    const ann = await Person.register(server.url);
    const [socket] = await connect(ann, 1);
    // It does not answer the close, which is waited for.
    socket!.raw.pause();
    const pids = workersOf(server);
    server.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(1);
    await until(() => !pids.some(isAlive));
    socket!.raw.terminate();
    killIfThere(postmasterOf(server.dataDir), 'SIGINT');
  });

  it('end in order by themselves when the primary is killed, and the next start goes on', async () => {
    const server = await start();
    const ann = await Person.register(server.url);
    const sockets = await connect(ann, 4);
    const [postmaster, workers] = [postmasterOf(server.dataDir), workersOf(server)];
    await server.end('SIGKILL');
    for (const socket of sockets) {
      await socket.next('server.draining');
      expect(await socket.closed).toEqual({ code: 4503, reason: 'draining' });
    }
    await until(() => !workers.some(isAlive));
    expect(isAlive(postmaster)).toBe(true);
    const next = await start({}, server.dataDir);
    expect(postmasterOf(next.dataDir)).toBe(postmaster);
    expect((await ann.at(next.url).call('GET', '/users/me')).status).toBe(200);
  });

  it('are handed their secrets unseen', async () => {
    const settings = { JWT_SECRET: SECRET, REDIS_URL: `${redis.url}?secret=${SECRET}` };
    const server = await start(settings);
    const password = readFileSync(join(server.dataDir, 'postgres/data/parley.password'), 'utf8').trim();
    for (const pid of workersOf(server)) {
      const seen = ['environ', 'cmdline']
        .map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
        .join('');
      expect(seen).toContain('DATA_DIR');
      expect(seen).not.toContain(SECRET);
      expect(seen).not.toContain(password);
    }
  });

  it('are given up when they cannot start', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = await spawn({ PORT: String(port) });
    expect(await taken.exited).toBe(1);
    expect(taken.output.match(/Parley cannot start\..*/g)).toEqual([
      expect.stringContaining(`Port ${port} is taken`),
    ]);
    other.close();

    const killed = await spawn();
    const killer = setInterval(() => workersOf(killed).forEach((pid) => killIfThere(pid, 'SIGKILL')), 5);
    expect(await killed.exited).toBe(1);
    clearInterval(killer);
    expect(killed.output).toContain(
      'Parley cannot start. A worker process ended again and again (signal SIGKILL).',
    );
  });

  it('need Redis: without it as many as asked for are refused, and auto is one', async () => {
    const refused = await spawn({ REDIS_URL: '' });
    expect(await refused.exited).toBe(1);
    expect(refused.output).toMatch(/Parley cannot start\. WORKERS is 2 and REDIS_URL is empty/);
    const one = await start({ REDIS_URL: '', WORKERS: 'auto' });
    expect(workersOf(one)).toEqual([]);
  });
});
