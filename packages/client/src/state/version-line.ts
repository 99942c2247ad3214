/** Where a client has got to: everything up to this version, and messages up to this seq. */
export interface Place {
  version: number;
  seq: number;
}

/** How far a client holds a conversation without a gap, as pushes and pages arrive. */
export class VersionLine {
  /** Versions that arrived beyond the place, with the seq of the message that took them. */
  readonly #ahead = new Map<number, number>();

  /**
   * @param isWhole Whether it has been read to its end: until then the place stays where the next page
   *   begins, whatever is pushed, or what lies between them would be passed over.
   */
  constructor(
    public place: Place = { version: 0, seq: 0 },
    public isWhole = false,
  ) {}

  /** Whether something is missing before what has arrived. */
  get hasGap(): boolean {
    return this.#ahead.size > 0;
  }

  /** All that takes this version has arrived. */
  arrived(version: number, seq = 0): void {
    if (version <= this.place.version) return;
    this.#ahead.set(version, seq);
    if (this.isWhole) this.#close();
  }

  /** Where reading begins; it ends with the last page that is reached. */
  read(): Place {
    this.isWhole = false;
    return this.place;
  }

  /** A page has been read. */
  reached(place: Place, isLast: boolean): void {
    this.place = place;
    this.isWhole = isLast;
    if (isLast) this.#close();
  }

  #close(): void {
    for (const version of this.#ahead.keys()) if (version <= this.place.version) this.#ahead.delete(version);
    for (;;) {
      const version = this.place.version + 1;
      const seq = this.#ahead.get(version);
      if (seq === undefined) return;
      this.#ahead.delete(version);
      this.place = { version, seq: Math.max(seq, this.place.seq) };
    }
  }
}
