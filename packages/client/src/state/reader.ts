import type { Changes, ConversationSummary, History, Uuid } from '@parley/protocol';
import type { Api } from '../api/api';
import { ParleyError } from '../core/error';
import { pause, type Runtime } from '../core/runtime';
import type { Link } from '../wire/link';
import { query } from '../wire/query';
import type { HeldConversation } from './held-conversation';
import type { Replica } from './replica';

interface Sources {
  readonly link: Link;
  readonly api: Api;
  readonly replica: Replica;
  readonly runtime: Runtime;
  /** Told when it has read, and what it could not read for good. */
  readonly settled: (problem?: ParleyError) => void;
}

/** Messages on a page. */
const PAGE = 50;
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** Conversations that are read at the same time: a client that comes back shares the server with others. */
const TOGETHER = 4;

/** Reads what is missing of conversations, as long as its link holds. */
export class Reader {
  readonly #reading = new Set<HeldConversation>();
  readonly #waiting: Uuid[] = [];
  #isOver = false;

  constructor(private readonly sources: Sources) {}

  get isBusy(): boolean {
    return this.#reading.size > 0;
  }

  /** Its link has ended. */
  end(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
  }

  /** Reads a conversation if it needs that, unless it is being read. */
  look(id: Uuid): void {
    const held = this.sources.replica.conversations.get(id);
    if (this.#isOver || !held?.needsReading || this.#reading.has(held)) return;
    if (this.#reading.size >= TOGETHER) {
      if (!this.#waiting.includes(id)) this.#waiting.push(id);
      return;
    }
    this.#reading.add(held);
    void this.#insist(held).finally(() => {
      this.#reading.delete(held);
      const next = this.#waiting.shift();
      if (next !== undefined) this.look(next);
      this.sources.settled();
    });
  }

  /** Ends when nothing is missing, or when the conversation or the link is gone. */
  async #insist(held: HeldConversation): Promise<void> {
    const { replica, runtime, settled } = this.sources;
    const isHeld = () => !this.#isOver && replica.conversations.get(held.id) === held;
    for (let failures = 0; held.needsReading && isHeld();) {
      try {
        await this.#read(held);
        failures = 0;
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        if (error.code === 'conversation_not_found') return replica.forget(held);
        if (error.code === 'cursor_invalid') {
          replica.beginAgain(held);
          this.#waiting.unshift(held.id);
          return;
        }
        if (!error.retryable) return settled(error);
        if (this.#isOver) return;
        await pause(runtime, runtime.random() * Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures++));
      }
    }
  }

  async #read(held: HeldConversation): Promise<void> {
    const { api, replica } = this.sources;
    if (held.wantsSummary) {
      held.wantsSummary = false;
      const path = `/v1/conversations/${held.id}`;
      const summary = await api.rest<ConversationSummary>('GET', path).catch((error: unknown) => {
        held.wantsSummary = true;
        throw error;
      });
      if (replica.conversations.get(held.id) === held) replica.summarised(summary);
    }
    const isFirst = !held.isRead && held.watchers > 0;
    if (isFirst && held.isLarge) await this.#readNewest(held);
    else if (isFirst) held.readFromStart();
    const wasStale = held.isStale;
    held.isStale = false;
    try {
      if (held.line.hasGap || wasStale || isFirst) await this.#readChanges(held);
      if (isFirst) held.isRead = true;
    } catch (error) {
      held.isStale = true;
      throw error;
    }
    replica.touched(held);
  }

  async #readChanges(held: HeldConversation): Promise<void> {
    const { link, replica } = this.sources;
    for (let more = true; more;) {
      const { version: afterVersion, seq: afterSeq } = held.line.read();
      const asked = { conversationId: held.id, afterVersion, afterSeq, limit: PAGE };
      const page: Changes = await link.request('changes', asked);
      if (replica.conversations.get(held.id) !== held) return;
      replica.changed(held, page, afterSeq);
      ({ more } = page);
    }
  }

  /** Of a large group the newest page; its members are read on demand. */
  async #readNewest(held: HeldConversation): Promise<void> {
    held.isBegun = true;
    if (held.hasOlder) await loadOlder(this.sources.api, held);
  }
}

/** Reads the page before what is held, unless that is under way. */
export function loadOlder(api: Api, held: HeldConversation, limit = PAGE): Promise<void> {
  return (held.loadingOlder ??= readOlder(api, held, limit).finally(() => (held.loadingOlder = null)));
}

async function readOlder(api: Api, held: HeldConversation, limit: number): Promise<void> {
  held.timeline.readingBegins();
  try {
    const before = held.timeline.floor + 1;
    const path = `/v1/conversations/${held.id}/messages${query({ before, limit })}`;
    const { messages, more } = await api.rest<History>('GET', path);
    // The floor may have been raised meanwhile: then this page is not the one before it.
    if (held.timeline.floor + 1 === before) held.prepend(messages, !more);
  } finally {
    held.timeline.readingEnds();
  }
}
