import { pause } from '../support/flow';
import { LOST, type Scene, type SocketFault } from './fault';
import type { Road } from './road';
import { CLOSE } from '@parley/protocol';

interface Harm {
  name: string;
  what: string;
  closes: number[];
  /** Ends when it is over. */
  do(road: Road, scene: Scene): Promise<void> | void;
}

const HARMS: readonly Harm[] = [
  { name: 'cut', what: 'connections reset', closes: [LOST], do: (road) => road.cut() },
  { name: 'end', what: 'connections ended', closes: [LOST], do: (road) => road.end() },
  {
    name: 'delay',
    what: 'everything late by up to 2 s',
    // Pongs are late too.
    closes: [CLOSE.heartbeat.code],
    do: async (road, { random }) => {
      road.delay(random.between(50, 2_000));
      await pause(random.between(500, 3_000));
      road.delay(0);
    },
  },
  {
    name: 'half-open',
    what: 'nothing passes on the connections of now',
    closes: [LOST, CLOSE.heartbeat.code],
    do: (road) => road.die(),
  },
];

/** Faults of one device's way to the server. */
export const SOCKET_FAULTS: readonly SocketFault[] = HARMS.map((harm) => ({
  name: harm.name,
  inflict: async (scene) => {
    const device = scene.random.pick([...scene.roads.keys()]);
    const road = device === undefined ? undefined : scene.roads.get(device);
    if (!road) return;
    const end = scene.afflictions.begin({ ...harm, device });
    await harm.do(road, scene);
    end();
  },
}));
