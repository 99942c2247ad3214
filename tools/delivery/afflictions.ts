/** Something that was done to sockets, servers or the database. */
export interface Affliction {
  readonly name: string;
  /** What exactly, for people. */
  readonly what: string;
  /** Only this device's connections; undefined: everybody's. */
  readonly device?: string | undefined;
  /** Whether servers or their database may stand still by it. */
  readonly stalls?: boolean;
  /** Codes with which connections may end because of it. */
  readonly closes: readonly number[];
  readonly from: number;
  /** Infinity while it lasts. */
  to: number;
}

/** Its consequences may come so much later: a server that was stopped notices what it missed. */
const AFTERMATH_MS = 15_000;
const SHOWN = 5;

/** All that was inflicted, so that what happens to clients can be held against it. */
export class Afflictions {
  private readonly all: Affliction[] = [];

  constructor(readonly now: () => number = () => performance.now()) {}

  /** It lasts until what is returned is called. */
  begin(affliction: Pick<Affliction, 'name' | 'what' | 'device' | 'stalls' | 'closes'>): () => void {
    const begun: Affliction = { ...affliction, from: this.now(), to: Infinity };
    this.all.push(begun);
    return () => (begun.to = this.now());
  }

  /** Whether a connection of a device may end like this now. */
  explain(code: number, device: string): boolean {
    const now = this.now();
    return this.all.some(
      (each) =>
        each.closes.includes(code) &&
        (each.device === undefined || each.device === device) &&
        now <= each.to + AFTERMATH_MS,
    );
  }

  /** Whether servers may have stood still at a time, in ms since 1970, or shortly before. */
  mayStall(at: number): boolean {
    const then = at - performance.timeOrigin;
    return this.all.some(({ stalls, from, to }) => stalls && from <= then && then <= to + AFTERMATH_MS);
  }

  /** How often each was inflicted, by name. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { name } of this.all) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  /** The last ones that concern a device, or anybody, the latest first. */
  recent(device?: string): string[] {
    const now = this.now();
    const concerning = this.all.filter((each) => !device || !each.device || each.device === device);
    return concerning
      .slice(-SHOWN)
      .reverse()
      .map(({ name, what, from, to }) => {
        const lasts = to === Infinity ? 'still lasts' : `ended ${seconds(now - to)} ago`;
        return `${name}: ${what}, begun ${seconds(now - from)} ago, ${lasts}`;
      });
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
