import { Histogram } from '../../tools/support/histogram';

/** What clients live through while servers are started anew. */
export class Tally {
  acked = 0;
  /** What the protocol does not allow, in words. */
  readonly problems: string[] = [];
  /** Pushed twice on one connection. */
  duplicated = 0;
  /** Pushes and replies of a conversation out of order on a connection. */
  reordered = 0;
  /** Of connections that had been ready, by code. */
  readonly closes = new Map<number, number>();
  /** Connections that were not let in, by what was said. */
  readonly refusals = new Map<string, number>();
  /** Requests that failed, by code; all are repeated. */
  readonly failures = new Map<string, number>();
  /** From the end of a connection until the next one is ready, ms. */
  longestAway = 0;
  /** From the first attempt to send until the other has it, ms. */
  longestDelivery = 0;
  readonly delivery = new Histogram();

  count<K>(counts: Map<K, number>, key: K): void {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  delivered(milliseconds: number): void {
    this.delivery.add(milliseconds);
    this.longestDelivery = Math.max(this.longestDelivery, milliseconds);
  }

  away(milliseconds: number): void {
    this.longestAway = Math.max(this.longestAway, milliseconds);
  }
}
