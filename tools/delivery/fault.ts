import type { Afflictions } from './afflictions';
import type { OwnServer } from './own-server';
import type { Random } from './random';
import type { Road } from './road';

/** What faults may act on. */
export interface Scene {
  /** By device. */
  readonly roads: ReadonlyMap<string, Road>;
  readonly afflictions: Afflictions;
  readonly random: Random;
}

/** A scene with servers of our own, which may be killed. */
export interface OwnScene extends Scene {
  readonly server: OwnServer;
}

/** Something bad that happens to sockets; it is soon over. */
export interface SocketFault {
  readonly name: string;
  inflict(scene: Scene): Promise<void>;
}

/** Something bad that happens to servers or to what they need; it takes seconds, and one comes after the other. */
export interface ServerFault {
  readonly name: string;
  inflict(scene: OwnScene): Promise<void>;
}

/** What a client sees that was cut off without a word. */
export const LOST = 1006;
