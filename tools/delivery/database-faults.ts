import { Client } from 'pg';
import { pause } from '../support/flow';
import type { OwnScene, ServerFault } from './fault';

type Harm = (scene: OwnScene) => Promise<void>;

/** More than the lock_timeout of the server's sessions. */
const LONGER_THAN_LOCKS_WAIT_MS = 6_000;
const RETRY_MS = 200;
const REACHED_WITHIN_TRIES = 100;

/** Signals the postmaster; the server's supervisor starts it again. */
const ending =
  (signal: NodeJS.Signals): Harm =>
  async ({ server }) => {
    await asForeigner(server, async () => undefined);
    process.kill(await server.postmaster(), signal);
  };

const freezePostmaster: Harm = async ({ server, random }) =>
  freeze(await server.postmaster(), random.between(2, 5));

const freezeBackend: Harm = async ({ server, random }) => {
  const pids = await asForeigner(server, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'parley' ORDER BY state_change DESC`,
    );
    return rows.map(({ pid }) => pid);
  });
  const pid = random.pick(pids);
  if (pid !== undefined) await freeze(pid, random.between(2, 6));
};

const terminateBackends: Harm = async ({ server }) => {
  await asForeigner(server, (client) =>
    client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley'`),
  );
};

const holdLocks: Harm = async ({ server, random }) => {
  await asForeigner(server, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM conversation ORDER BY active_at DESC LIMIT $1 FOR UPDATE', [
      random.between(1, 4),
    ]);
    await pause(random.chance(0.5) ? LONGER_THAN_LOCKS_WAIT_MS : random.between(500, 3_000));
    await client.query('ROLLBACK');
  });
};

/** Takes every connection that is left. */
const exhaust: Harm = async ({ server, random }) => {
  const first = await patientForeigner(server);
  const taken = [first, ...(await foreigners(server))];
  // Half of the server's own are ended too, and their places taken.
  await first.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley' AND random() < 0.5`,
  );
  taken.push(...(await foreigners(server)));
  await pause(random.between(1_000, 3_000));
  await Promise.all(taken.map((client) => client.end()));
};

const HARMS: readonly { name: string; what: string; do: Harm }[] = [
  { name: 'db-kill', what: 'kill -9 of the postmaster', do: ending('SIGKILL') },
  { name: 'db-stop', what: 'immediate stop of PostgreSQL', do: ending('SIGQUIT') },
  { name: 'db-freeze', what: 'SIGSTOP of the postmaster for some seconds', do: freezePostmaster },
  { name: 'db-freeze-backend', what: 'SIGSTOP of a backend for some seconds', do: freezeBackend },
  { name: 'db-terminate', what: 'all backends of the server terminated', do: terminateBackends },
  { name: 'db-locks', what: 'conversations locked by somebody else', do: holdLocks },
  { name: 'db-exhaust', what: 'all connections to PostgreSQL taken', do: exhaust },
];

/** Faults of the database: sockets stay, whatever happens to it. */
export const DATABASE_FAULTS: readonly ServerFault[] = HARMS.map(({ name, what, do: harm }) => ({
  name,
  inflict: async (scene) => {
    const end = scene.afflictions.begin({ name, what, closes: [], stalls: true });
    await harm(scene);
    end();
  },
}));

async function foreigner({ database }: OwnScene['server']): Promise<Client> {
  const client = new Client({ ...database, connectionTimeoutMillis: 3_000 });
  // It may be ended by what it was made for.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** As many as PostgreSQL lets in. */
async function foreigners(server: OwnScene['server']): Promise<Client[]> {
  const clients: Client[] = [];
  for (;;) {
    try {
      clients.push(await foreigner(server));
    } catch {
      return clients;
    }
  }
}

/** The database may be on its way back from the fault before. */
async function patientForeigner(server: OwnScene['server']): Promise<Client> {
  for (let tries = 1; ; tries++) {
    try {
      return await foreigner(server);
    } catch (error) {
      if (tries === REACHED_WITHIN_TRIES) throw error;
    }
    await pause(RETRY_MS);
  }
}

/** Runs something in a session of its own; that the database goes away meanwhile is no surprise here. */
async function asForeigner<T>(server: OwnScene['server'], work: (client: Client) => Promise<T>): Promise<T> {
  const client = await patientForeigner(server);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function freeze(pid: number, seconds: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await pause(seconds * 1_000);
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}
