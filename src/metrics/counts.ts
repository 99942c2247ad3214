/** Plain numbers by the value of a label: cheap to add to, read when somebody asks. */
export class Counts {
  private readonly counts = new Map<string, number>();

  add(label: string, by = 1): void {
    this.counts.set(label, (this.counts.get(label) ?? 0) + by);
  }

  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.counts.entries();
  }
}
