import type { Uuid } from '@parley/protocol';
import { ParleyError } from '../core/error';
import type { Runtime } from '../core/runtime';
import type { HeldConversation } from '../state/held-conversation';
import type { Replica } from '../state/replica';
import type { Link } from '../wire/link';

interface Surroundings {
  readonly runtime: Runtime;
  replica(): Replica;
  /** What has been read here and not been told to the server yet. */
  keep(reads: Record<Uuid, number>): void;
}

/** What arrives within it is told as one. */
const DELIVERED_MS = 500;
const READ_MS = 150;
/** In a large group everybody would tell at once. */
const LARGE_MS = 10_000;
const RETRY_MS = 2_000;

/** Tells the server what has been read, when the app says so, and by itself what has arrived. */
export class Receipts {
  /** Whether it tells what has arrived: of several tabs one does. */
  isLeading = false;
  readonly #wanted = new Map<Uuid, number>();
  /** By conversation, when to tell. */
  readonly #due = new Map<Uuid, number>();
  #cancel: (() => void) | null = null;
  #isTelling = false;
  #link: Link | null = null;

  constructor(private readonly around: Surroundings) {}

  restore(reads: Record<Uuid, number>): void {
    for (const [id, seq] of Object.entries(reads)) this.#want(id, seq);
  }

  up(link: Link): void {
    this.#link = link;
    this.#schedule();
  }

  down(): void {
    this.#link = null;
  }

  /** Messages up to there are on the screen. */
  read(held: HeldConversation, seq: number): void {
    if (seq <= held.state().readSeq) return;
    held.readHere(seq);
    this.#want(held.id, seq);
  }

  /** Something has arrived in a conversation, perhaps. */
  look(held: HeldConversation): void {
    if (!this.isLeading || this.#due.has(held.id) || !isBehind(held)) return;
    const { runtime } = this.around;
    const ms = held.isLarge ? runtime.random() * LARGE_MS : DELIVERED_MS;
    this.#due.set(held.id, runtime.now() + ms);
    this.#schedule();
  }

  clear(): void {
    this.#wanted.clear();
    this.#due.clear();
  }

  #want(id: Uuid, seq: number): void {
    this.#wanted.set(id, Math.max(seq, this.#wanted.get(id) ?? 0));
    this.#due.set(id, Math.min(this.#due.get(id) ?? Infinity, this.around.runtime.now() + READ_MS));
    this.around.keep(Object.fromEntries(this.#wanted));
    this.#schedule();
  }

  #schedule(afterMs = 0): void {
    this.#cancel?.();
    this.#cancel = null;
    if (!this.#link || this.#isTelling || this.#due.size === 0) return;
    const { runtime } = this.around;
    const ms = Math.max(afterMs, Math.min(...this.#due.values()) - runtime.now(), 0);
    this.#cancel = runtime.after(ms, () => void this.#tellAll());
  }

  /** One after the other: a client that comes back has many, and other things to ask. */
  async #tellAll(): Promise<void> {
    const link = this.#link;
    if (!link) return;
    const now = this.around.runtime.now();
    this.#isTelling = true;
    let hasFailed = false;
    for (const [id, at] of [...this.#due]) {
      if (at > now || hasFailed || this.#link !== link) continue;
      this.#due.delete(id);
      try {
        await this.#tell(link, id);
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        if (error.retryable) this.#due.set(id, at);
        else this.#wanted.delete(id);
        hasFailed = error.retryable;
      }
    }
    this.#isTelling = false;
    this.#schedule(hasFailed ? RETRY_MS : 0);
  }

  async #tell(link: Link, conversationId: Uuid): Promise<void> {
    const replica = this.around.replica();
    const seq = this.#wanted.get(conversationId);
    if (seq !== undefined) {
      await link.request('receipt.read', { conversationId, seq }, (receipt) => replica.moved(receipt));
      if (this.#wanted.get(conversationId) === seq) this.#wanted.delete(conversationId);
      this.around.keep(Object.fromEntries(this.#wanted));
      return;
    }
    const held = replica.conversations.get(conversationId);
    if (!held || !isBehind(held)) return;
    const to = { conversationId, seq: held.lastSeq };
    await link.request('receipt.delivered', to, (receipt) => replica.moved(receipt));
  }
}

/** Whether something of others has arrived here that the server does not know to have. */
function isBehind(held: HeldConversation): boolean {
  const { deliveredSeq, lastSeq, lastMessage } = held.state();
  return (
    lastSeq > deliveredSeq &&
    lastMessage !== null &&
    lastMessage.seq > deliveredSeq &&
    !held.isMine(lastMessage)
  );
}
