import type { Message, Uuid } from '@parley/protocol';
import { newerQuote, quoteOf } from './quotes';
import { withKnownReactions } from './own-reactions';

/** What is remembered of messages deleted for oneself: a page that was under way may still bring them. */
const HIDDEN_KEPT = 1_000;

/**
 * The messages of a conversation that are held: all that can be seen after some seq, the floor.
 *
 * One stretch that ends with the newest: what is before it is read by history when somebody scrolls there,
 * and what is left out of a long absence raises the floor.
 */
export class Timeline {
  readonly #messages = new Map<Uuid, Message>();
  /** The same in the order of seq; copied before a change when somebody has been given it. */
  #ordered: Message[] = [];
  #isGiven = false;
  readonly #hidden = new Map<Uuid, number>();
  /** Ids of the messages that answer a message. */
  readonly #replies = new Map<Uuid, Set<Uuid>>();
  /** What changed below the floor while history is being read: the page may be older than that. */
  #aside: Map<Uuid, Message> | null = null;

  /** @param floor Messages up to this seq are not held, whether there are any or not. */
  constructor(public floor: number) {}

  /** The same array until something changes. */
  get list(): readonly Message[] {
    this.#isGiven = true;
    return this.#ordered;
  }

  get size(): number {
    return this.#ordered.length;
  }

  get newest(): Message | null {
    return this.#ordered.at(-1) ?? null;
  }

  get hiddenIds(): [id: Uuid, seq: number][] {
    return [...this.#hidden];
  }

  get(id: Uuid): Message | undefined {
    return this.#messages.get(id);
  }

  isHidden(id: Uuid): boolean {
    return this.#hidden.has(id);
  }

  /** Takes a message in if it is newer than what is held; whether it was not held before and is now. */
  merge(message: Message): boolean {
    if (this.#hidden.has(message.id)) return false;
    const held = this.#messages.get(message.id);
    const isNewer = !held || message.version >= held.version;
    if (message.seq > this.floor)
      this.#put(this.#withQuote(this.#newest(message, held), message.quote), held);
    else if (this.#aside && (this.#aside.get(message.id)?.version ?? 0) <= message.version) {
      this.#aside.set(message.id, message);
    }
    if (isNewer) this.#renewQuotes(message);
    return message.seq > this.floor && !held;
  }

  /** Deleted by me for me, on whatever device. */
  hide(id: Uuid, seq: number): void {
    this.#hidden.set(id, seq);
    const [first] = this.#hidden.keys();
    if (this.#hidden.size > HIDDEN_KEPT && first !== undefined) this.#hidden.delete(first);
    if (!this.#messages.delete(id)) return;
    this.#replace(this.#ordered.filter((message) => message.id !== id));
  }

  /** Holds nothing up to this seq any more. */
  raise(floor: number): void {
    if (floor <= this.floor) return;
    this.floor = floor;
    const at = firstAfter(this.#ordered, floor);
    for (const { id, replyTo } of this.#ordered.slice(0, at)) {
      this.#messages.delete(id);
      if (replyTo !== null) this.#replies.get(replyTo)?.delete(id);
    }
    if (at > 0) this.#replace(this.#ordered.slice(at));
  }

  /** A page of what was written before is asked for. */
  readingBegins(): void {
    this.#aside ??= new Map();
  }

  readingEnds(): void {
    this.#aside = null;
  }

  /** Takes in the page before the floor, and lowers it to there. */
  prepend(page: readonly Message[], floor: number): void {
    const aside = this.#aside;
    this.floor = Math.min(this.floor, floor);
    for (const message of page) this.merge(message);
    for (const message of aside?.values() ?? []) {
      if (message.seq > this.floor || this.#replies.has(message.id)) this.merge(message);
    }
  }

  #newest(message: Message, held: Message | undefined): Message {
    if (!held) return message;
    return message.version >= held.version
      ? withKnownReactions(message, held)
      : withKnownReactions(held, message);
  }

  #put(message: Message, held: Message | undefined): void {
    this.#messages.set(message.id, message);
    if (message.replyTo !== null) {
      this.#replies.set(message.replyTo, (this.#replies.get(message.replyTo) ?? new Set()).add(message.id));
    }
    if (this.#isGiven) this.#replace(this.#ordered.slice());
    this.#ordered.splice(firstAfter(this.#ordered, message.seq - 1), held ? 1 : 0, message);
  }

  #replace(ordered: Message[]): void {
    this.#ordered = ordered;
    this.#isGiven = false;
  }

  /** With the newest quote that is known. */
  #withQuote(message: Message, quote: Message['quote']): Message {
    const held = this.#messages.get(message.id);
    let newest = newerQuote(newerQuote(held?.quote ?? null, message.quote), quote);
    const original = message.replyTo === null ? undefined : this.#messages.get(message.replyTo);
    if (newest && original) newest = newerQuote(newest, quoteOf(original));
    return newest === message.quote ? message : { ...message, quote: newest };
  }

  #renewQuotes(original: Message): void {
    for (const id of this.#replies.get(original.id) ?? []) {
      const reply = this.#messages.get(id);
      if (reply?.quote) this.#put({ ...reply, quote: newerQuote(reply.quote, quoteOf(original)) }, reply);
    }
  }
}

/** Index of the first message whose seq is greater. */
export function firstAfter(messages: readonly Message[], seq: number): number {
  let from = 0;
  let to = messages.length;
  // Most come at the end.
  if (to > 0 && (messages[to - 1] as Message).seq <= seq) return to;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((messages[middle] as Message).seq <= seq) from = middle + 1;
    else to = middle;
  }
  return from;
}
