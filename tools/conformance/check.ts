import type { Scene } from './scene';

/** Whatever a server promises, by how the page says it, and how to see whether it is so. */
export type Check = readonly [promise: string, look: (scene: Scene) => Promise<void>];

/** The promises of one section of docs/protocol.md. */
export interface Section {
  /** As its heading. */
  readonly title: string;
  readonly checks: readonly Check[];
}
