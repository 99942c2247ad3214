import { CLOSE } from '@parley/protocol';
import { pause } from '../support/flow';
import { LOST, type OwnScene, type ServerFault } from './fault';

/** Ends the server like this, and starts it again after a moment. */
function ending(signal: NodeJS.Signals, closes: number[]): ServerFault['inflict'] {
  return async ({ server, afflictions, random }) => {
    const end = afflictions.begin({ name: NAMES[signal] ?? signal, what: `${signal} to the server`, closes });
    await server.end(signal);
    await pause(random.between(0, 1_500));
    await server.run();
    end();
  };
}

const NAMES: Partial<Record<NodeJS.Signals, string>> = { SIGKILL: 'server-kill', SIGTERM: 'server-stop' };

async function freeze({ server, afflictions, random }: OwnScene): Promise<void> {
  const seconds = random.between(2, 5);
  const end = afflictions.begin({
    ...{ name: 'server-freeze', what: `SIGSTOP to the server for ${seconds} s` },
    closes: [LOST, CLOSE.heartbeat.code],
  });
  server.signal('SIGSTOP');
  await pause(seconds * 1_000);
  server.signal('SIGCONT');
  end();
}

/** Faults of the server's process. */
export const SERVER_FAULTS: readonly ServerFault[] = [
  { name: 'server-kill', inflict: ending('SIGKILL', [LOST]) },
  { name: 'server-stop', inflict: ending('SIGTERM', [CLOSE.draining.code]) },
  { name: 'server-freeze', inflict: freeze },
];
