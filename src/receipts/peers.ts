import { LRUCache } from 'lru-cache';
import type { Beat } from '../connections/bus/bus-message';

interface Peer {
  last: Beat;
  heardAt: number;
  /** Whether something of it may have been missed since its last beat. */
  isBroken: boolean;
  /** Whether that has been told, as it fell silent. */
  isSilent: boolean;
}

/** Several beats are missing. */
const SILENT_MS = 5_000;
/** Of these most are processes that have ended. */
const MAX_REMEMBERED = 1_000;

/** Whether all that other nodes have published has come here: their beats say. */
export class Peers {
  private readonly byNode = new LRUCache<string, Peer>({ max: MAX_REMEMBERED });

  /** `begun`: the transaction from which on this node has listened. */
  constructor(
    private readonly begun: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes a beat; the transaction from which on something may have been missed, or null. */
  heard(beat: Beat): string | null {
    const known = this.byNode.get(beat.node);
    this.byNode.set(beat.node, { last: beat, heardAt: this.now(), isBroken: false, isSilent: false });
    if (!known) return beat.count === 1 ? null : later(this.begun, beat.begun);
    const { last, isBroken } = known;
    const isWhole = !isBroken && beat.count === last.count + 1 && beat.losses === last.losses;
    return isWhole ? null : last.from;
  }

  /** This node may have missed something of everybody. */
  cutOff(): void {
    for (const peer of this.byNode.values()) peer.isBroken = true;
  }

  /** The same as `heard` for those who beat no more: what they did last may not have been published. */
  fallenSilent(): string[] {
    const silent = [...this.byNode.values()].filter(
      ({ heardAt, isSilent }) => !isSilent && this.now() - heardAt > SILENT_MS,
    );
    for (const peer of silent) peer.isSilent = true;
    return silent.map(({ last }) => last.from);
  }
}

function later(a: string, b: string): string {
  return BigInt(a) > BigInt(b) ? a : b;
}
