import { createClient } from 'redis';
import { pause } from '../support/flow';
import type { OwnScene, ServerFault } from './fault';

type Harm = (scene: OwnScene) => Promise<void>;
type Command = (...words: string[]) => Promise<unknown>;

/** Redis's own; the other is overrun by a single message. */
const USUAL_BUFFER = 'pubsub 32mb 8mb 60';
const TINY_BUFFER = 'pubsub 32kb 16kb 1';
/** Of no format that a server knows. */
const JUNK = Buffer.alloc(128 * 1_024).toString('latin1');
const OVERRUN_EVERY_MS = 250;

/** It comes back with nothing in it. */
const ending =
  (signal: NodeJS.Signals): Harm =>
  async ({ server: { redis }, random }) => {
    await redis.end(signal);
    await pause(random.between(0, 4_000));
    await redis.run();
  };

const freeze: Harm = async ({ server: { redis }, random }) => {
  redis.signal('SIGSTOP');
  await pause(random.between(1_000, 6_000));
  redis.signal('SIGCONT');
};

const pauseClients: Harm = (scene) =>
  withRedis(scene, async (command) => {
    const ms = scene.random.between(500, 4_000);
    await command('CLIENT', 'PAUSE', String(ms), 'ALL');
    await pause(ms);
  });

const killSubscribers: Harm = (scene) =>
  withRedis(scene, (command) => command('CLIENT', 'KILL', 'TYPE', 'pubsub'));

/** For some seconds subscribers are cut off by what is too much for their buffers. */
const overrun: Harm = (scene) =>
  withRedis(scene, async (command) => {
    await command('CONFIG', 'SET', 'client-output-buffer-limit', TINY_BUFFER);
    const until = performance.now() + scene.random.between(500, 3_000);
    while (performance.now() < until) {
      const channel = scene.random.pick((await command('PUBSUB', 'SHARDCHANNELS', '*')) as string[]);
      if (channel !== undefined) await command('SPUBLISH', channel, JUNK);
      await pause(OVERRUN_EVERY_MS);
    }
    await command('CONFIG', 'SET', 'client-output-buffer-limit', USUAL_BUFFER);
  });

const HARMS: readonly { name: string; what: string; do: Harm }[] = [
  { name: 'redis-kill', what: 'kill -9 of Redis, and a start', do: ending('SIGKILL') },
  { name: 'redis-stop', what: 'SIGTERM to Redis, and a start', do: ending('SIGTERM') },
  { name: 'redis-freeze', what: 'SIGSTOP of Redis for some seconds', do: freeze },
  { name: 'redis-pause', what: 'CLIENT PAUSE for some seconds', do: pauseClients },
  { name: 'redis-pubsub', what: 'CLIENT KILL TYPE pubsub', do: killSubscribers },
  { name: 'redis-overrun', what: 'subscribers cut off by full buffers', do: overrun },
];

/** Faults of what is between several servers: sockets stay, whatever happens to it. */
export const REDIS_FAULTS: readonly ServerFault[] = HARMS.map(({ name, what, do: harm }) => ({
  name,
  inflict: async (scene) => {
    const end = scene.afflictions.begin({ name, what, closes: [] });
    await harm(scene);
    end();
  },
}));

async function withRedis({ server }: OwnScene, work: (command: Command) => Promise<unknown>): Promise<void> {
  const client = createClient({ url: server.redis.url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work((...words) => client.sendCommand(words));
  } finally {
    client.destroy();
  }
}
