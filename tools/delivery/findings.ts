import type { Afflictions } from './afflictions';

/** What may be wrong, each with what it means. */
export const FINDING_KINDS = {
  lost: 'acknowledged, and not there as it was acknowledged',
  duplicated: 'stored twice, or pushed twice on one connection',
  reordered: 'pushed or answered out of order on one connection',
  gaps: 'a number missing in the database, or a message missing at a client',
  stale: 'a client, a fresh one and the database differ',
  unread: 'a count of unread messages is not a recount',
  forbidden: 'pushed to somebody who had been removed, or written across a block',
  unexplained: 'an error, a close or a silence that nothing accounts for',
} as const;
export type FindingKind = keyof typeof FINDING_KINDS;

export interface Finding {
  kind: FindingKind;
  sentence: string;
  /** Seconds since the beginning. */
  at: number;
  /** What may help to understand it, a line each. */
  context: string[];
}

/** Of each kind so many are told in full. */
const KEPT = 8;

/** Everything that was found wrong: all are counted, the first are kept. */
export class Findings {
  readonly kept: Finding[] = [];
  private readonly counts = new Map<FindingKind, number>();
  private readonly begun: number;

  constructor(
    private readonly afflictions: Afflictions,
    /** Called with each, as it is found. */
    private readonly tell: (finding: Finding) => void = () => undefined,
  ) {
    this.begun = afflictions.now();
  }

  add(
    kind: FindingKind,
    sentence: string,
    { device, context = [] }: { device?: string; context?: string[] } = {},
  ): void {
    const count = this.count(kind) + 1;
    this.counts.set(kind, count);
    if (count > KEPT) return;
    const at = (this.afflictions.now() - this.begun) / 1_000;
    const finding = { kind, sentence, at, context: [...context, ...this.afflictions.recent(device)] };
    this.kept.push(finding);
    this.tell(finding);
  }

  count(kind: FindingKind): number {
    return this.counts.get(kind) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}
