/** What became of acts of one kind. */
export interface Done {
  acked: number;
  refused: number;
  /** Attempts after the first. */
  retries: number;
}

/** Counts what was done, by what it is called. */
export class Tally {
  readonly byName = new Map<string, Done>();

  count(name: string, what: keyof Done): void {
    const done = this.byName.get(name) ?? { acked: 0, refused: 0, retries: 0 };
    done[what]++;
    this.byName.set(name, done);
  }

  total(what: keyof Done): number {
    return [...this.byName.values()].reduce((sum, done) => sum + done[what], 0);
  }
}
