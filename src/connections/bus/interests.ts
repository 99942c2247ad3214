/**
 * Channels are told to other nodes as bits of one field: of 15,000 users one in twenty more is taken for
 * somebody who is connected there. All nodes of an installation must agree on how many there are.
 */
const BITS = 2 ** 18;
const MAX_COUNT = 255;
/** Added to a bit that has been set, where changes are told. */
const SET = 2 ** 31;

export function bitOf(channel: string): number {
  // FNV-1a: cheap, as every publish asks.
  let hash = 0x811c9dc5;
  for (let i = 0; i < channel.length; i++) hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193);
  return ((hash >>> 14) ^ hash) & (BITS - 1);
}

/** The channels that this node listens to, and what of them others have not been told. */
export class Interests {
  private readonly channels = new Set<string>();
  /** By bit, how many channels are behind it; beyond what fits it stays set, which costs messages only. */
  private readonly counts = new Uint8Array(BITS);
  private readonly changed = new Set<number>();

  /** Whether it is new. */
  add(channel: string): boolean {
    if (this.channels.has(channel)) return false;
    this.channels.add(channel);
    const bit = bitOf(channel);
    const count = this.counts[bit]!;
    if (count === 0) this.changed.add(bit);
    if (count < MAX_COUNT) this.counts[bit] = count + 1;
    return true;
  }

  remove(channel: string): void {
    if (!this.channels.delete(channel)) return;
    const bit = bitOf(channel);
    const count = this.counts[bit]!;
    if (count === MAX_COUNT) return;
    this.counts[bit] = count - 1;
    if (count === 1) this.changed.add(bit);
  }

  /** What has changed since the last call, as others apply it. */
  takeChanges(): number[] {
    const changes = [...this.changed].map((bit) => (this.counts[bit] ? bit + SET : bit));
    this.changed.clear();
    return changes;
  }

  /** Everything, as changes of a field without a bit. */
  all(): number[] {
    const bits: number[] = [];
    for (const [bit, count] of this.counts.entries()) if (count > 0) bits.push(bit + SET);
    return bits;
  }
}

/** What another node listens to. */
export class InterestField {
  private readonly words = new Uint32Array(BITS / 32);

  apply(changes: readonly number[]): void {
    for (const change of changes) {
      const bit = change & (BITS - 1);
      const mask = 1 << (bit & 31);
      if (change >= SET) this.words[bit >>> 5]! |= mask;
      else this.words[bit >>> 5]! &= ~mask;
    }
  }

  /** Whether it may listen to a channel with this bit. */
  has(bit: number): boolean {
    return (this.words[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }
}
