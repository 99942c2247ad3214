import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SLOTS } from '../../src/redis/hash-slot';
import { freePort, RedisServer } from './redis-server';

const MASTERS = 3;
/** A node that is silent for so long has failed: short, but not so short that a busy machine makes it so. */
const NODE_TIMEOUT_MS = 2_000;
const PATIENCE_MS = 60_000;
/** Redis gives up after 5 s, without a word, when the masters have not voted by then: whoever asked asks again. */
const FAILOVER_MS = 6_000;
/** For `beforeAll`, and for tests that wait for a replica to take over. */
export const CLUSTER_PATIENCE_MS = 2 * PATIENCE_MS;

interface Member {
  readonly server: RedisServer;
  readonly busPort: number;
  readonly id: string;
}

/** A Redis Cluster of the test's own: three masters with a replica each, that can be killed, frozen, failed over. */
export class RedisCluster {
  private constructor(
    private readonly dir: string,
    private readonly members: readonly Member[],
  ) {}

  static async start(): Promise<RedisCluster> {
    const dir = await mkdtemp(join(tmpdir(), 'parley-cluster-'));
    const members = await Promise.all(Array.from({ length: 2 * MASTERS }, (_, i) => startMember(dir, i)));
    const cluster = new RedisCluster(dir, members);
    await cluster.join().catch(async (error: unknown) => {
      await cluster.stop();
      throw error;
    });
    return cluster;
  }

  /** As REDIS_URL has it: some of the nodes. */
  get url(): string {
    return this.members
      .slice(0, MASTERS)
      .map(({ server }) => server.url)
      .join(',');
  }

  get servers(): RedisServer[] {
    return this.members.map(({ server }) => server);
  }

  /** The master of a slot, as those know that run; undefined while there is none. */
  async masterOf(slot: number): Promise<RedisServer | undefined> {
    for (const line of await this.view()) {
      const [, , flags = '', , , , , , ...ranges] = line;
      const holds = ranges.some((range) => {
        const [from = 0, to = from] = range.split('-').map(Number);
        return from <= slot && slot <= to;
      });
      if (holds && !flags.includes('fail')) return this.byId(line[0]!);
    }
    return undefined;
  }

  /** Until somebody else is the master of a slot. */
  async takenOver(slot: number, from: RedisServer): Promise<void> {
    await until(async () => {
      const master = await this.masterOf(slot);
      return master !== undefined && master !== from;
    });
  }

  async replicaOf(master: RedisServer): Promise<RedisServer> {
    const id = this.idOf(master);
    const replica = (await this.view()).find((line) => line[3] === id && !line[2]?.includes('fail'));
    if (!replica) throw new Error('it has no replica');
    return this.byId(replica[0]!);
  }

  /** Makes the replica of a slot's master its master, with the consent of both. */
  async failOver(slot: number): Promise<void> {
    const master = (await this.masterOf(slot))!;
    const replica = await this.replicaOf(master);
    const asked = setInterval(() => void ask(), FAILOVER_MS);
    const ask = () => replica.command('CLUSTER', 'FAILOVER').catch(() => undefined);
    try {
      await ask();
      await this.takenOver(slot, master);
    } finally {
      clearInterval(asked);
    }
  }

  /** Moves a slot without keys, as a resharding does. */
  async move(slot: number, to: RedisServer): Promise<void> {
    const from = (await this.masterOf(slot))!;
    const id = this.idOf(to);
    // Without this the one that gets it raises no epoch, and who has not heard of the move may take it back.
    await to.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', this.idOf(from));
    await from.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', id);
    for (const server of [to, ...this.servers]) {
      await server.command('CLUSTER', 'SETSLOT', String(slot), 'NODE', id).catch(() => undefined);
    }
  }

  /** Mends what was broken; until all nodes agree, and every master has its replica. */
  async whole(): Promise<void> {
    for (const server of this.servers) {
      if (server.isRunning) server.thaw();
      else await server.startAgain();
    }
    await until(async () => {
      const infos = await Promise.all(this.servers.map((server) => server.command('CLUSTER', 'INFO')));
      const views = await Promise.all(this.servers.map((server) => lines(server)));
      return (
        infos.every((info) => String(info).includes('cluster_state:ok')) &&
        views.every((view) => view.every(([, , flags = '']) => !flags.includes('fail'))) &&
        (await this.linked())
      );
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await rm(this.dir, { recursive: true, force: true });
  }

  private async join(): Promise<void> {
    const [first] = this.members;
    for (const [i, { server }] of this.members.entries()) {
      await server.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      if (i >= MASTERS) continue;
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / MASTERS));
      await server.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to! - 1));
    }
    for (const { server } of this.members.slice(1)) {
      const port = String(first!.server.port);
      await server.command('CLUSTER', 'MEET', '127.0.0.1', port, String(first!.busPort));
    }
    const all = this.members.length;
    await until(async () =>
      (await Promise.all(this.servers.map(lines))).every(
        (view) => view.length === all && view.every(([, , flags = '']) => !flags.includes('handshake')),
      ),
    );
    for (const [i, { server }] of this.members.slice(MASTERS).entries()) {
      await server.command('CLUSTER', 'REPLICATE', this.members[i]!.id);
    }
    await this.whole();
  }

  private async linked(): Promise<boolean> {
    const replications = await Promise.all(
      this.servers.map((server) => server.command('INFO', 'replication')),
    );
    const replicas = replications.filter((text) => String(text).includes('role:slave'));
    return (
      replicas.length === this.members.length - MASTERS &&
      replicas.every((text) => String(text).includes('master_link_status:up'))
    );
  }

  private async view(): Promise<string[][]> {
    for (const { server } of this.members) {
      const view = server.isRunning && (await lines(server).catch(() => null));
      if (view) return view;
    }
    throw new Error('no node answers');
  }

  private idOf(server: RedisServer): string {
    return this.members.find((member) => member.server === server)!.id;
  }

  private byId(id: string): RedisServer {
    return this.members.find((member) => member.id === id)!.server;
  }
}

async function startMember(dir: string, index: number): Promise<Member> {
  const busPort = await freePort();
  const server = await RedisServer.start(
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--dir', dir],
    ...['--cluster-config-file', `nodes-${index}.conf`, '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
    // A replica that has lost its master for long may take over all the same, and whoever is left serves.
    ...['--cluster-replica-validity-factor', '0', '--cluster-require-full-coverage', 'no'],
    ...['--repl-diskless-sync-delay', '0', '--cluster-allow-replica-migration', 'no'],
  );
  return { server, busPort, id: String(await server.command('CLUSTER', 'MYID')) };
}

/** A line per node, in words: id, address, flags, master, ping, pong, epoch, link, slots. */
async function lines(server: RedisServer): Promise<string[][]> {
  const text = String(await server.command('CLUSTER', 'NODES'));
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > end) throw new Error(`it did not become true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
