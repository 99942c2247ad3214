import type { BusMessage } from './bus-message';

/** What a bus has done since the start. */
export class BusStats {
  /** Messages, one for each node that was told. */
  published = 0;
  received = 0;
  /** Not sent, or not understood. */
  dropped = 0;
  /** How often it began to listen anew, after it could not. */
  resubscribed = 0;
  /** How long the last publish that was looked at took to be answered. */
  lagSeconds = 0;
}

/** Carries messages from this node to the others; a hint that may be lost, never the truth. */
export abstract class NodeBus {
  /** Milliseconds within which a message of another node is here, if it comes at all. */
  abstract readonly patienceMs: number;

  readonly stats = new BusStats();

  /** Whether news of others arrive now. */
  abstract readonly isUp: boolean;

  /** Whether there may be other nodes, now or later. */
  abstract readonly isShared: boolean;

  /** How many others are known now. */
  abstract readonly peers: number;

  /** How many messages of this node could not be published until now. */
  abstract readonly losses: number;

  /** Tells the other nodes that listen to one of the channels; does not wait for them. */
  abstract publish(channels: Iterable<string>, message: BusMessage): void;

  /** Begins to listen to a channel, soon. */
  abstract join(channel: string): void;

  abstract leave(channel: string): void;

  /**
   * Called with every message of another node on the channels joined, once however many of them it is on, in
   * the order in which that node published them; and with some on others.
   */
  abstract subscribe(listener: (message: BusMessage) => void): void;

  /** Called with channels when all that is published on them from now on arrives here. */
  abstract onJoined(listener: (channels: readonly string[]) => void): void;

  /** Called when messages may have been missed. */
  abstract onGap(listener: () => void): void;

  abstract close(): Promise<void>;
}

/** The channel to which every node listens: of what each must act on, whoever is connected to it. */
export const NODES_CHANNEL = 'nodes';

/** The channel of what concerns a user. */
export function userChannel(userId: string): string {
  return `u:${userId}`;
}

/** The channel of a conversation of many members. */
export function groupChannel(conversationId: string): string {
  return `g:${conversationId}`;
}
