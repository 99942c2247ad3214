import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../bench/support/certificate';
import { nameServed } from './support/name-served';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { isAlive, postmasterOf, removeDataDirs, ServerProcess, workersOf } from './support/server-process';
import { TestSocket } from './support/test-socket';
import { eventually } from './support/until';

const ROOT = join(__dirname, '..');

// Each starts a server of two workers.
jest.setTimeout(120_000);

const dirs: string[] = [];
const servers: ServerProcess[] = [];

async function dataDir(): Promise<string> {
  const dir = await ServerProcess.dataDir();
  dirs.push(dir);
  return dir;
}

async function start(dir: string, settings: Record<string, string>): Promise<ServerProcess> {
  const server = await ServerProcess.start(dir, settings);
  servers.push(server);
  return server;
}

/** How often it has printed that. */
const count = (server: ServerProcess, pattern: RegExp) => [...server.output.matchAll(pattern)].length;

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end()));
  await removeDataDirs(...dirs.splice(0));
});

describeWith('redis-server', 'two workers', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());

  describeWith('openssl', 'with a certificate', () => {
    it('take a new one on SIGHUP while connections stay, and neither takes a wrong one', async () => {
      const dir = await dataDir();
      const { certFile, keyFile } = makeCertificate(dir, 'first');
      const settings = { WORKERS: '2', REDIS_URL: redis.url, TLS_CERT: certFile, TLS_KEY: keyFile };
      const server = await start(dir, settings);
      const port = Number(new URL(server.url).port);
      const ca = readFileSync(certFile);
      const sockets = await Promise.all(
        Array.from({ length: 6 }, () => TestSocket.open(server.url, undefined, { ca })),
      );
      const served = async () => {
        const names = Array.from({ length: 12 }, () => nameServed(port));
        return [...new Set(await Promise.all(names))];
      };
      expect(await served()).toEqual(['first']);

      makeCertificate(dir, 'second');
      server.child.kill('SIGHUP');
      await eventually(() => count(server, /certificate was read again/g) === 2);
      expect(await served()).toEqual(['second']);

      const good = readFileSync(keyFile);
      writeFileSync(keyFile, readFileSync(certFile));
      server.child.kill('SIGHUP');
      await eventually(() => count(server, /certificate stays as it was/g) === 2);
      expect(await served()).toEqual(['second']);
      for (const socket of sockets)
        await expect(socket.request('ping')).rejects.toMatchObject({ code: 'unauthenticated' });

      // One that dies now has nothing to begin with, until the files are right.
      const [victim, other] = workersOf(server);
      process.kill(victim!, 'SIGKILL');
      await eventually(() => /TLS_CERT and TLS_KEY cannot be used.*starting another one/.test(server.output));
      expect(await served()).toEqual(['second']);
      expect(workersOf(server)).toContain(other);
      writeFileSync(keyFile, good);
      await eventually(() => workersOf(server).length === 2, 60_000);
    });
  });

  it('stay when they are told by SIGHUP to read again what there is not', async () => {
    const server = await start(await dataDir(), { WORKERS: '2', REDIS_URL: redis.url });
    const pids = workersOf(server);
    const ann = await Person.register(server.url);
    const socket = await ann.connect();
    for (const pid of pids) process.kill(pid, 'SIGHUP');
    server.child.kill('SIGHUP');
    await socket.settle();
    await Person.register(server.url);
    expect(workersOf(server)).toEqual(pids);
    expect(await server.end()).toBe(0);
  });

  it('are what npm start runs, which ends in order with SIGTERM', async () => {
    const server = npmStart(await dataDir(), { WORKERS: '2', REDIS_URL: redis.url, METRICS_PORT: '0' });
    await server.printed(/Metrics +http/);
    const at = /http:\/\/localhost:(\d+)/.exec(server.output)![1];
    const lines = server.output.slice(server.output.indexOf('Parley is running.')).trim().split('\n');
    expect(lines).toEqual([
      'Parley is running.',
      `  Chat       http://localhost:${at}/`,
      `  REST       http://localhost:${at}/v1`,
      `  WebSocket  ws://localhost:${at}/ws`,
      expect.stringMatching(
        /^ {2}API docs {3}http:\/\/localhost:\d+\/docs \(OpenAPI: .*\/openapi\.json, AsyncAPI: .*\/asyncapi\.json\)$/,
      ),
      expect.stringMatching(/^ {2}Metrics {4}http:\/\/127\.0\.0\.1:\d+\/metrics$/),
    ]);
    expect(server.output.match(/Parley is running/g)).toHaveLength(1);

    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    const connect = (person: Person) => Promise.all(Array.from({ length: 4 }, () => person.connect()));
    const [anns, bobs] = [await connect(ann), await connect(bob)];
    for (const [i, socket] of anns.entries()) {
      await socket.request('message.send', { id: randomUUID(), to: bob.id, text: `${i}` });
      for (const other of bobs) expect((await other.next('message.created')).message.text).toBe(`${i}`);
    }
    // Both have a part of it: with one of them alone the bus would have had nothing to carry.
    const metrics = await (await fetch(/Metrics +(\S+)/.exec(server.output)![1]!)).text();
    expect(metrics).toMatch(/^parley_bus_up 2$/m);
    expect(metrics).toMatch(/^parley_bus_received_total [1-9]/m);

    const postmaster = postmasterOf(server.dataDir);
    const end = server.end();
    for (const socket of [...anns, ...bobs]) {
      await socket.next('server.draining');
      expect(await socket.closed).toEqual({ code: 4503, reason: 'draining' });
    }
    expect(await end).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
  });
});

it('npm start with two workers and no Redis says in one sentence what is missing', async () => {
  const server = npmStart(await dataDir(), { WORKERS: '2', REDIS_URL: '' });
  expect(await server.exited).toBe(1);
  expect(server.output).toMatch(/^Parley cannot start\. WORKERS is 2 and REDIS_URL is empty.*\.\n$/m);
  expect(server.output).not.toMatch(/ERROR|at .*\.js/);
});

/** As a user types it, in the project's folder. */
function npmStart(dir: string, settings: Record<string, string>): ServerProcess {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dir, ...settings };
  const server = ServerProcess.of(spawn('npm', ['start', '--silent'], { cwd: ROOT, env }), dir);
  servers.push(server);
  return server;
}
