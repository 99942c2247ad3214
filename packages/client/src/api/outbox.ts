import type { Message, MessageSend, Uuid } from '@parley/protocol';
import { failure, ParleyError, unable } from '../core/error';
import type { Runtime } from '../core/runtime';
import { Store } from '../core/store';
import type { PendingMessage } from '../state/conversation-state';
import type { Link } from '../wire/link';

interface Surroundings {
  readonly runtime: Runtime;
  /** The other person of a direct conversation; undefined for groups. */
  peerOf(conversationId: Uuid): Uuid | undefined;
  /** A message is stored: to be taken in at its place among the pushes. */
  sent(message: Message, isNew: boolean): void;
  failed(pending: PendingMessage, error: ParleyError): void;
  /** What is shown of messages to there has changed. */
  shown(pending: PendingMessage): void;
  /** One of this tab's doing is another now; null: it is none any more. @param order Greater for the later. */
  changed(id: Uuid, pending: PendingMessage | null, order: number): void;
}

interface Waiting {
  resolve(message: Message): void;
  reject(error: ParleyError): void;
}

const RETRY_MS = 500;
const LONGEST_RETRY_MS = 20_000;
/** A message that the server fails over again and again must not hold up those behind it for good. */
const MOST_INTERNAL = 8;

/** Messages on their way: in order per conversation, one at a time, until each is stored or refused. */
export class Outbox {
  readonly all = new Store<readonly PendingMessage[]>(() => [...this.#entries.values()]);
  /** Whether it sends: of several tabs one does. */
  isSending = false;
  readonly #entries = new Map<Uuid, PendingMessage>();
  readonly #waiting = new Map<Uuid, Waiting[]>();
  /** Lanes in which one is under way, or in which the next one has to wait. */
  readonly #busy = new Set<Uuid>();
  /** What ends the waiting of a lane. */
  readonly #resting = new Map<Uuid, () => void>();
  readonly #internal = new Map<Uuid, number>();
  #failures = 0;
  #order = 0;
  #link: Link | null = null;

  constructor(private readonly around: Surroundings) {}

  up(link: Link): void {
    this.#link = link;
    this.#failures = 0;
    for (const wake of [...this.#resting.values()]) wake();
    this.#pump();
  }

  down(): void {
    this.#link = null;
  }

  /** Takes over sending. */
  lead(): void {
    this.isSending = true;
    this.#pump();
  }

  get(id: Uuid): PendingMessage | undefined {
    return this.#entries.get(id);
  }

  /** Those that are to a conversation, in their order. */
  of(conversationId: Uuid): PendingMessage[] {
    const peer = this.around.peerOf(conversationId);
    return [...this.#entries.values()].filter(
      (pending) => pending.conversationId === conversationId || (pending.to !== null && pending.to === peer),
    );
  }

  add(pending: PendingMessage): void {
    this.#put(pending, true);
    this.#pump();
  }

  /** Sends a failed one again, behind those that are on their way. */
  retry(id: Uuid): void {
    const pending = this.#entries.get(id);
    if (pending?.status !== 'failed') return;
    this.#entries.delete(id);
    this.#internal.delete(id);
    this.add({ ...pending, status: 'pending', failure: null });
  }

  /** Gives one up; one that is under way may arrive all the same. */
  discard(id: Uuid): void {
    this.#drop(id, true);
    const error = failure('stopped', 'send the message', 'it was discarded');
    this.#settle(id, (waiting) => waiting.reject(error));
  }

  /** What another tab, or the storage, says of one; null: it is none any more. */
  told(id: Uuid, pending: PendingMessage | null): void {
    if (!pending) return this.#drop(id, false);
    this.#put(pending, false);
    const { failure: reason } = pending;
    if (reason) this.#settle(id, (waiting) => waiting.reject(new ParleyError(reason)));
    this.#pump();
  }

  /** A message has been seen in its conversation. */
  stored(message: Message): void {
    if (this.#entries.has(message.id)) this.#drop(message.id, true);
    this.#settle(message.id, (waiting) => waiting.resolve(message));
  }

  /** Resolves when it is stored; rejects when it was refused or given up. */
  whenSent(id: Uuid): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), { resolve, reject }]);
    });
  }

  /** Has all kept: until now nobody knew whose they are. */
  keep(): void {
    for (const pending of this.#entries.values()) this.around.changed(pending.id, pending, this.#order++);
  }

  /** Forgets all, as at a log-out. */
  clear(): void {
    for (const id of [...this.#entries.keys()]) this.discard(id);
  }

  #pump(): void {
    const link = this.#link;
    if (!link || !this.isSending) return;
    for (const pending of this.#entries.values()) {
      const lane = this.#laneOf(pending);
      if (pending.status !== 'pending' || this.#busy.has(lane)) continue;
      this.#busy.add(lane);
      void this.#send(link, pending).then((waitMs) => {
        const free = () => {
          this.#resting.delete(lane);
          this.#busy.delete(lane);
          this.#pump();
        };
        if (waitMs === 0) return free();
        const cancel = this.around.runtime.after(waitMs, free);
        this.#resting.set(lane, () => {
          cancel();
          free();
        });
      });
    }
  }

  /** Sends it once; for how long the lane has to wait then. */
  async #send(link: Link, pending: PendingMessage): Promise<number> {
    try {
      await link.request('message.send', requestOf(pending), ({ message, duplicate }) => {
        this.#failures = 0;
        this.around.sent(message, !duplicate);
      });
      return 0;
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      if (error.retryable && !this.#isHopeless(pending, error)) return this.#waitAfter(error);
      this.#refused(pending, unable('send the message', error));
      return 0;
    }
  }

  #isHopeless({ id }: PendingMessage, { code }: ParleyError): boolean {
    if (code !== 'internal') return false;
    const times = (this.#internal.get(id) ?? 0) + 1;
    this.#internal.set(id, times);
    return times >= MOST_INTERNAL;
  }

  #waitAfter({ code, details }: ParleyError): number {
    const { random } = this.around.runtime;
    if (typeof details?.retryAfterMs === 'number') return details.retryAfterMs;
    const longest = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.#failures++);
    // Without a link the next one begins at once.
    return code === 'connection_lost' && !this.#link ? 0 : random() * longest;
  }

  #refused(pending: PendingMessage, error: ParleyError): void {
    if (!this.#entries.has(pending.id)) return;
    const { code, message, retryable, details } = error;
    const failed: PendingMessage = {
      ...pending,
      status: 'failed',
      failure: { code, message, retryable, details },
    };
    this.#internal.delete(pending.id);
    this.#put(failed, true);
    this.around.failed(failed, error);
    this.#settle(pending.id, (waiting) => waiting.reject(error));
  }

  #laneOf({ conversationId, to }: PendingMessage): Uuid {
    if (conversationId === null) return to ?? '';
    return this.around.peerOf(conversationId) ?? conversationId;
  }

  #put(pending: PendingMessage, isOwn: boolean): void {
    this.#entries.set(pending.id, pending);
    this.all.changed();
    this.around.shown(pending);
    this.#order = Math.max(this.#order + 1, this.around.runtime.now());
    if (isOwn) this.around.changed(pending.id, pending, this.#order);
  }

  #drop(id: Uuid, isOwn: boolean): void {
    const pending = this.#entries.get(id);
    this.#internal.delete(id);
    if (!pending) return;
    this.#entries.delete(id);
    this.all.changed();
    this.around.shown(pending);
    if (isOwn) this.around.changed(id, null, 0);
  }

  #settle(id: Uuid, end: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.forEach(end);
  }
}

/** As it goes over the wire. */
function requestOf(pending: PendingMessage): MessageSend {
  const { conversationId, to, createdAt: _, status: __, failure: ___, ...input } = pending;
  return (conversationId === null ? { ...input, to } : { ...input, conversationId }) as MessageSend;
}
