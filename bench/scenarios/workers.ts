import type { ParleySocket } from '@parley/client';
import type { ConversationCreated } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { BenchServer } from '../support/bench-server';
import { Figures } from '../support/figures';
import { Person } from '../support/person';
import { cpuOf } from '../support/processes';
import { Redis } from '../support/redis';
import type { Bench, Report, Scenario } from '../support/scenario';

// Of two workers each has half of the messages, and the fewer a process has, the less goes with one commit.
const SIZES = ['1 worker', '1 with Redis', '2 workers', '1 worker, half as many'];
const SERVERS = 3;
const PEOPLE = 200;
const GROUP = 5;
/** Of ten messages; the others go to one person each. */
const GROUP_SHARE = 3;
const TEXT = 'x'.repeat(64);

/** What it costs that the sender and who is told are at different processes. */
export const workers: Scenario = {
  name: 'workers',
  about: `${PEOPLE} people in pairs and groups of ${GROUP}, 7 of 10 messages one to one, over one process and two`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const [rounds, perSecond, seconds] = bench.quick ? [3, 1_000, 4] : [7, 2_000, 10];
  const figures = new Figures(SIZES.length);
  const redis = [null, await Redis.start(), await Redis.start()];
  const halls: Hall[] = [];
  try {
    for (const [i, size] of SIZES.slice(0, SERVERS).entries()) {
      const url = redis[i]?.url;
      const server = await bench.startServer({
        WORKERS: String(i === 2 ? 2 : 1),
        LOG_LEVEL: 'error',
        ...(url && { REDIS_URL: url }),
      });
      halls.push(await Hall.open(server, redis[i]?.pid));
      bench.log(`${size}: ${PEOPLE} people are connected`);
    }
    for (const hall of halls) await hall.load(perSecond, 2);
    for (let round = 0; round < rounds; round++) {
      for (const size of SIZES.keys()) {
        const rate = size < SERVERS ? perSecond : perSecond / 2;
        const { delivered, server, bus, database } = await halls[size % SERVERS]!.load(rate, seconds);
        const micros = (cpu: number) => (cpu * 1e6) / delivered;
        figures.add('server and Redis, CPU per delivery', 'µs', size, micros(server + bus));
        figures.add('  servers', 'µs', size, micros(server));
        figures.add('  Redis', 'µs', size, micros(bus));
        figures.add('database', 'µs', size, micros(database));
        bench.log(`round ${round + 1}, ${SIZES[size]}: ${micros(server + bus).toFixed(1)} µs`);
      }
    }
  } finally {
    for (const hall of halls) hall.close();
    for (const each of redis) await each?.stop();
  }
  return { of: 'of each delivery', sizes: SIZES, figures: figures.all() };
}

interface Load {
  delivered: number;
  /** Seconds of CPU. */
  server: number;
  bus: number;
  database: number;
}

/** A server and everybody who is connected to it. */
class Hall {
  private delivered = 0;

  private constructor(
    private readonly server: BenchServer,
    private readonly redisPid: number | undefined,
    private readonly sockets: ParleySocket[],
    private readonly pairs: string[],
    private readonly groups: string[],
  ) {
    for (const socket of sockets) socket.on('message.created', () => this.delivered++);
  }

  static async open(server: BenchServer, redisPid: number | undefined): Promise<Hall> {
    const names = Array.from({ length: PEOPLE }, (_, i) => `person${i}`);
    const people = (await server.accounts(...names)).map((account) => new Person(account, server.url));
    const make = async (members: Person[], kind: 'direct' | 'group') => {
      const memberIds = members.slice(1).map(({ id }) => id);
      const path = '/v1/conversations';
      const input = { kind, memberIds };
      return (await members[0]!.rest.call<ConversationCreated>('POST', path, input)).conversation.id;
    };
    const inTeams = (size: number, kind: 'direct' | 'group') =>
      Promise.all(
        Array.from({ length: PEOPLE / size }, (_, i) => make(people.slice(i * size, (i + 1) * size), kind)),
      );
    const [pairs, groups] = [await inTeams(2, 'direct'), await inTeams(GROUP, 'group')];
    const sockets = await Promise.all(people.map((person) => person.connect()));
    return new Hall(server, redisPid, sockets, pairs, groups);
  }

  /** Sends at a rate, until all has arrived. */
  async load(perSecond: number, seconds: number): Promise<Load> {
    const before = this.cpu();
    this.delivered = 0;
    let expected = 0;
    const begun = performance.now();
    const sending: Promise<unknown>[] = [];
    for (let i = 0; i < perSecond * seconds; i++) {
      const early = begun + (i * 1_000) / perSecond - performance.now();
      if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
      const isGroup = i % 10 < GROUP_SHARE;
      expected += isGroup ? GROUP - 1 : 1;
      sending.push(this.send((i * 7_919) % PEOPLE, isGroup));
    }
    await Promise.all(sending);
    while (this.delivered < expected) await new Promise((resolve) => setTimeout(resolve, 5));
    const after = this.cpu();
    return {
      delivered: this.delivered,
      server: after.server - before.server,
      bus: after.bus - before.bus,
      database: after.database - before.database,
    };
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }

  private send(person: number, toGroup: boolean): Promise<unknown> {
    const conversationId = toGroup
      ? this.groups[Math.floor(person / GROUP)]
      : this.pairs[Math.floor(person / 2)];
    return this.sockets[person]!.request('message.send', {
      id: uuidv7(),
      conversationId: conversationId ?? '',
      text: TEXT,
    });
  }

  private cpu(): Omit<Load, 'delivered'> {
    const { server, database } = this.server.cpu();
    return { server, database, bus: this.redisPid ? cpuOf(this.redisPid) : 0 };
  }
}
