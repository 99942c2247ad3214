import { ParleyError, type ParleyRest, type ParleySocket } from '@parley/client';
import type { Changes, History } from '@parley/protocol';
import { pause } from '../support/flow';
import type { HeldConversation } from './held-conversation';
import type { Random } from './random';
import type { Replica } from './replica';
import type { Trace } from './trace';

interface Sources {
  readonly socket: ParleySocket;
  readonly rest: ParleyRest;
  readonly replica: Replica;
  readonly trace: Trace;
  readonly random: Random;
  /** Tells of an answer that must not come. */
  readonly complain: (sentence: string) => void;
}

const RETRY_MS = 100;
const HISTORY_PAGE = 200;

/** Reads `changes` of conversations in which something may be missing, as long as its connection holds. */
export class ConversationReader {
  private readonly reading = new Set<HeldConversation>();
  private ended = false;

  constructor(private readonly sources: Sources) {}

  get isBusy(): boolean {
    return this.reading.size > 0;
  }

  /** Its connection is gone. */
  end(): void {
    this.ended = true;
  }

  /** Reads a conversation if it needs that, unless it is being read. */
  look(conversationId: string): void {
    const held = this.sources.replica.conversations.get(conversationId);
    if (!held?.needsReading || this.reading.has(held)) return;
    this.reading.add(held);
    void this.read(held).finally(() => this.reading.delete(held));
  }

  /** Ends when nothing is missing, or when the conversation or the connection is gone. */
  private async read(held: HeldConversation): Promise<void> {
    const { replica, trace, complain } = this.sources;
    while (held.needsReading && replica.conversations.get(held.id) === held) {
      held.isStale = false;
      try {
        await this.readPages(held);
      } catch (error) {
        held.isStale = true;
        if (!(error instanceof ParleyError)) throw error;
        trace.note(held.id, `reading failed with ${error.code}`);
        if (error.code === 'conversation_not_found') replica.forget(held);
        else if (!error.retryable) complain(`changes of ${held.id} were refused: ${error.code}`);
        if (error.code === 'cursor_invalid') {
          replica.beginAgain(held);
          this.look(held.id);
        }
        if (this.ended || !error.retryable) return;
        await pause(RETRY_MS);
      }
    }
  }

  private async readPages(held: HeldConversation): Promise<void> {
    const { socket, replica, trace, random } = this.sources;
    const limit = random.pick([10, 50, 200]) ?? 50;
    for (;;) {
      const { version: afterVersion, seq: afterSeq } = held.line.read();
      const page = await socket.request('changes', {
        conversationId: held.id,
        afterVersion,
        afterSeq,
        limit,
      });
      const { through, more, gap } = page;
      const found = `${page.messages.length} messages, ${page.members.length} members`;
      trace.note(
        held.id,
        `changes after ${afterVersion}/${afterSeq}: ${found}, through ${through}, more ${more}`,
      );
      if (replica.conversations.get(held.id) !== held) return;
      held.changed(page);
      if (gap) await this.fill(held, gap);
      const seq = Math.max(afterSeq, ...page.messages.map((message) => message.seq));
      held.line.reached({ version: through, seq }, !more);
      if (!more) return;
    }
  }

  /** Reads by history what was left out of the changes. */
  private async fill(held: HeldConversation, { from, to }: NonNullable<Changes['gap']>): Promise<void> {
    for (let after = from - 1; after < to;) {
      const path = `/v1/conversations/${held.id}/messages?after=${after}&limit=${HISTORY_PAGE}`;
      const { messages } = await this.sources.rest.call<History>('GET', path);
      for (const message of messages) held.mergeMessage(message);
      const last = messages.at(-1);
      if (!last) return;
      after = last.seq;
    }
  }
}
