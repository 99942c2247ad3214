import type { Changes, Message } from '@parley/protocol';

/** What a client holds of one conversation, by the rules of "Coming back". */
export class Timeline {
  /** Up to here it has heard of everything. */
  private version = 0;
  private newestHeard = 0;
  /** Ids by seq; there is no 0. */
  private readonly ids: (string | undefined)[] = [undefined];

  /** Ids in the order of their numbers; what is missing is undefined. */
  get messages(): readonly (string | undefined)[] {
    return this.ids.slice(1);
  }

  /** Whether something was told before the newest that has not arrived. */
  get isBehind(): boolean {
    return this.version < this.newestHeard;
  }

  /** Takes a message of a push or a reply, which may leave out what was told before it. */
  hear(message: Message): boolean {
    this.newestHeard = Math.max(this.newestHeard, message.version);
    if (message.version === this.version + 1) this.version++;
    return this.take(message);
  }

  /** Whether a message is new here; two with one number are an error. */
  take({ id, seq }: Message): boolean {
    while (this.ids.length <= seq) this.ids.push(undefined);
    const held = this.ids[seq];
    this.ids[seq] ??= id;
    if (held !== undefined && held !== id) throw new Error(`message ${seq} is ${held} and ${id}`);
    return held === undefined;
  }

  /** What to ask `changes` with. */
  position(conversationId: string) {
    const hole = this.ids.indexOf(undefined, 1);
    const afterSeq = (hole < 0 ? this.ids.length : hole) - 1;
    return { conversationId, afterVersion: this.version, afterSeq };
  }

  caughtUp({ through, gap }: Changes): void {
    if (gap) throw new Error('more was missed than changes tells');
    this.version = Math.max(this.version, through);
  }
}
