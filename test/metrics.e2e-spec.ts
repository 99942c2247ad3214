import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { removeDataDirs, ServerProcess, workersOf } from './support/server-process';
import { eventually } from './support/until';

// Each starts a server.
jest.setTimeout(120_000);

const dirs: string[] = [];
const servers: ServerProcess[] = [];

async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const dir = await ServerProcess.dataDir();
  dirs.push(dir);
  const server = await ServerProcess.start(dir, { METRICS_PORT: '0', ...settings });
  servers.push(server);
  return server;
}

function addressOf({ output }: ServerProcess): string {
  return /Metrics +(\S+)/.exec(output)?.[1] ?? '';
}

async function scrape(server: ServerProcess): Promise<string> {
  return (await fetch(addressOf(server))).text();
}

function valueOf(text: string, sample: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.slice(sample.length + 1) ?? NaN);
}

/** Samples of what only grows: counters, and what histograms count. */
function sumsOf(text: string): Map<string, number> {
  const counting = [...text.matchAll(/^# TYPE (\S+) (counter|histogram)$/gm)].map(([, name]) => name!);
  const lines = text
    .split('\n')
    .filter((line) => counting.some((name) => line.startsWith(name) && !line.startsWith('#')));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end()));
  await removeDataDirs(...dirs.splice(0));
});

/** Two people, who have four connections and ten messages. */
async function chat(server: ServerProcess): Promise<void> {
  const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
  const sockets = [await ann.connect(), await ann.connect(), await bob.connect(), await bob.connect()];
  for (let i = 0; i < 10; i++) {
    await sockets[i % 2]!.request('message.send', { id: randomUUID(), to: bob.id, text: `${i}` });
  }
  for (const socket of sockets.slice(2)) {
    for (let i = 0; i < 10; i++) await socket.next('message.created');
  }
}

function holdsTheChat(text: string): void {
  expect(valueOf(text, 'parley_connections{encoding="json"}')).toBe(4);
  expect(valueOf(text, 'parley_frames_received_total{event="message.send"}')).toBe(10);
  // To two of the recipient and the other one of the sender.
  expect(valueOf(text, 'parley_frames_sent_total{event="message.created"}')).toBe(30);
  expect(valueOf(text, 'parley_frames_sent_total{event="reply"}')).toBeGreaterThanOrEqual(10);
  expect(valueOf(text, 'parley_commit_messages_sum')).toBe(10);
  expect(valueOf(text, 'parley_commit_duration_seconds_count')).toBeGreaterThan(0);
}

it('counts what one process does, and documents every metric', async () => {
  const server = await start({ METRICS_TOKEN: 'let me see' });
  await chat(server);
  const address = addressOf(server);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  expect((await fetch(address)).status).toBe(401);
  const Authorization = 'Bearer let me see';
  expect((await fetch(address.replace('metrics', 'other'), { headers: { Authorization } })).status).toBe(404);
  expect((await fetch(`${server.url}/metrics`, { headers: { Authorization } })).status).toBe(404);
  const answer = await fetch(address, { headers: { Authorization } });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  holdsTheChat(text);
  expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e7);

  const named = [...text.matchAll(/^# TYPE (parley_\S+)/gm)].map(([, name]) => name);
  const documented = [...readFileSync('docs/operations.md', 'utf8').matchAll(/^\| `(parley_\w+)/gm)].map(
    ([, name]) => name,
  );
  expect(documented.sort()).toEqual([...named, 'parley_redis_up'].sort());
});

describeWith('redis-server', 'metrics of two workers', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());

  it('are one sum', async () => {
    const server = await start({ WORKERS: '2', REDIS_URL: redis.url });
    await chat(server);
    const text = await scrape(server);
    holdsTheChat(text);
    expect(valueOf(text, 'parley_redis_up')).toBe(2);
    expect(valueOf(text, 'parley_bus_up')).toBe(2);
    expect(valueOf(text, 'parley_bus_published_total')).toBeGreaterThan(0);
  });

  it('are answered while one is killed and started again, and no sum falls for anybody', async () => {
    const server = await start({ WORKERS: '2', REDIS_URL: redis.url });
    await chat(server);
    const sends = 'parley_frames_received_total{event="message.send"}';
    // What it has not told anybody is lost with a worker.
    const hasTold = async (count: number) => valueOf(await scrape(server), sends) === count;
    await eventually(() => hasTold(10));
    const before = await scrape(server);
    let over = false;
    // Two who ask at the same time, as a pair of Prometheus servers does.
    const watching = [0, 1].map(async () => {
      let [last, asked] = [sumsOf(before), 0];
      for (; !over; asked++) {
        const answer = await fetch(addressOf(server));
        expect(answer.status).toBe(200);
        const sums = sumsOf(await answer.text());
        const fallen = [...last].filter(([sample, value]) => !((sums.get(sample) ?? NaN) >= value));
        expect(fallen).toEqual([]);
        last = sums;
      }
      return asked;
    });
    const failed = Promise.all(watching);
    for (let kills = 0; kills < 2; kills++) {
      const [victim] = workersOf(server);
      process.kill(victim!, 'SIGKILL');
      // Until it has noticed, it counts the one that is dead as it was.
      const isRestarted = async () =>
        server.output.includes(`worker ${victim} ended`) &&
        valueOf(await scrape(server), 'parley_redis_up') === 2;
      await Promise.race([eventually(isRestarted, 30_000), failed]);
      await chat(server);
      await eventually(() => hasTold(20 + 10 * kills));
    }
    over = true;
    for (const asked of await failed) expect(asked).toBeGreaterThan(2);
    // Three chats, and none of them twice.
    const after = await scrape(server);
    for (const sample of [sends, 'parley_commit_messages_sum']) expect(valueOf(after, sample)).toBe(30);
  });
});
