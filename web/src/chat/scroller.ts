import { RowHeights } from './row-heights';
import { type Rows, seqOf } from './rows';

/** What stays where it is on the screen whatever comes above or below it. */
type Anchor =
  /** The end, or so little above it that what is new is to be seen. */
  | { readonly at: 'end'; readonly above: number }
  /** Its top is so far above the upper edge. */
  | { readonly at: 'row'; readonly id: string; readonly seq: number | null; readonly above: number };

/** Rows from, up to and without to. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Drawn beyond both edges, so that a quick scroll finds something there. */
const BEYOND = 500;
/** So near the end somebody wants to see what comes next. */
const NEAR_END = 60;

/** Which rows of a long list are drawn, and where it is scrolled to: nothing jumps when heights turn out otherwise. */
export class Scroller {
  readonly heights = new RowHeights();
  #anchor: Anchor = { at: 'end', above: 0 };
  #rows: Rows | null = null;

  /** Other rows are to be shown. */
  setRows(rows: Rows): void {
    this.#rows = rows;
    this.heights.setRows(rows.count, rows.keyAt);
    if (this.isAtEnd) this.toEnd();
  }

  get isAtEnd(): boolean {
    return this.#anchor.at === 'end';
  }

  toEnd(): void {
    this.#anchor = { at: 'end', above: 0 };
  }

  /** Puts a row so far below the upper edge. */
  toRow(id: string, seq: number | null, below: number): void {
    this.#anchor = { at: 'row', id, seq, above: -below };
  }

  /** Somebody has scrolled: what is at the upper edge now stays there. */
  scrolled(top: number, height: number): void {
    const below = this.heights.total - top - height;
    if (below < NEAR_END) {
      this.#anchor = { at: 'end', above: Math.max(0, below) };
      return;
    }
    const at = this.heights.rowAt(top);
    const message = this.#rows?.at(at);
    if (!message) return;
    const above = top - this.heights.offsetOf(at);
    this.#anchor = { at: 'row', id: message.id, seq: seqOf(message), above };
  }

  /** Where the list has to be scrolled to for that. */
  topFor(height: number): number {
    const most = Math.max(0, this.heights.total - height);
    if (this.#anchor.at === 'end' || !this.#rows) return Math.max(0, most - this.#anchor.above);
    const at = this.#rows.find(this.#anchor.id, this.#anchor.seq);
    if (at < 0) return most;
    return Math.max(0, Math.min(most, this.heights.offsetOf(at) + this.#anchor.above));
  }

  /** Rows to be drawn. */
  range(height: number): Range {
    const count = this.#rows?.count ?? 0;
    if (count === 0) return { from: 0, to: 0 };
    const top = this.topFor(height);
    const from = this.heights.rowAt(top - BEYOND);
    return { from, to: this.heights.rowAt(top + height + BEYOND) + 1 };
  }
}
