import type { BusMessage } from './bus-message';

/** Carries messages from this node to the others; a hint that may be lost, never the truth. */
export abstract class NodeBus {
  /** Tells the other nodes; does not wait for them. */
  abstract publish(message: BusMessage): void;

  /** Called with every message of another node, in the order in which that node published them. */
  abstract subscribe(listener: (message: BusMessage) => void): void;

  abstract close(): Promise<void>;
}
