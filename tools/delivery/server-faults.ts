import { CLOSE } from '@parley/protocol';
import { pause } from '../support/flow';
import { LOST, type OwnScene, type ServerFault } from './fault';
import type { NodeProcess } from './node-process';

interface Ending {
  name: string;
  signal: NodeJS.Signals;
  closes: number[];
}

type Victims = (scene: OwnScene) => NodeProcess[];

const all: Victims = ({ server }) => [...server.nodes];
const one: Victims = ({ server, random }) => random.shuffled(server.nodes).slice(0, 1);

const READY_WITHIN_MS = 60_000;

/** Ends servers like this, and starts them again after a moment. */
function ending({ name, signal, closes }: Ending, victims: Victims): ServerFault {
  const inflict = async (scene: OwnScene) => {
    const nodes = victims(scene);
    const what = `${signal} to ${nodes.map(({ url }) => url).join(', ')}`;
    const end = scene.afflictions.begin({ name, what, closes, stalls: true });
    await Promise.all(nodes.map((node) => node.end(signal)));
    await pause(scene.random.between(0, 1_500));
    await Promise.all(nodes.map((node) => node.run()));
    end();
  };
  return { name, inflict };
}

function freezing(name: string, victims: Victims): ServerFault {
  const inflict = async (scene: OwnScene) => {
    const nodes = victims(scene);
    const seconds = scene.random.between(2, 5);
    const end = scene.afflictions.begin({
      ...{ name, what: `SIGSTOP to ${nodes.map(({ url }) => url).join(', ')} for ${seconds} s` },
      ...{ closes: [LOST, CLOSE.heartbeat.code], stalls: true },
    });
    for (const node of nodes) node.signal('SIGSTOP');
    await pause(seconds * 1_000);
    for (const node of nodes) node.signal('SIGCONT');
    end();
  };
  return { name, inflict };
}

/** One after the other is stopped and started, as a new version is brought in. */
async function roll({ server, afflictions, random }: OwnScene): Promise<void> {
  const nodes = random.shuffled(server.nodes);
  const what = `SIGTERM to ${nodes.map(({ url }) => url).join(', then ')}`;
  const end = afflictions.begin({ name: 'rolling', what, closes: [CLOSE.draining.code], stalls: true });
  for (const node of nodes) {
    await node.end('SIGTERM');
    await node.run();
    if (!(await node.isReady(READY_WITHIN_MS))) throw new Error(`${node.url} did not get ready`);
  }
  end();
}

/** Faults of all servers at once, be it one or more. */
export const SERVER_FAULTS: readonly ServerFault[] = [
  ending({ name: 'server-kill', signal: 'SIGKILL', closes: [LOST] }, all),
  ending({ name: 'server-stop', signal: 'SIGTERM', closes: [CLOSE.draining.code] }, all),
  freezing('server-freeze', all),
];

/** Faults of one of several servers, or of one after the other. */
export const NODE_FAULTS: readonly ServerFault[] = [
  ending({ name: 'node-kill', signal: 'SIGKILL', closes: [LOST] }, one),
  ending({ name: 'node-stop', signal: 'SIGTERM', closes: [CLOSE.draining.code] }, one),
  freezing('node-freeze', one),
  { name: 'rolling', inflict: roll },
];
