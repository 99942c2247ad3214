import { LIMITS, type Message, type Quote } from '@parley/protocol';
import type { EntityManager } from 'typeorm';
import type { MessageEntity } from './message.entity';

/** What a quote shows; when it was deleted may be a text, as of JSON. */
export type Original = Pick<
  MessageEntity,
  'conversationId' | 'id' | 'seq' | 'version' | 'senderId' | 'kind' | 'text'
> & { deletedAt: Date | string | null };

/** An original as the messages that answer it show it. */
export function toQuote({ id, seq, version, senderId, kind, text, deletedAt }: Original): Quote {
  return { id, seq, version, senderId, kind, text: text && shorten(text), deleted: deletedAt !== null };
}

/** The message as somebody gets it whose sight begins after a seq. */
export function asSeenFrom(message: Message, joinedSeq: number): Message {
  return message.quote && message.quote.seq <= joinedSeq ? { ...message, quote: null } : message;
}

interface Reply {
  readonly conversationId: string;
  readonly replyTo: string | null;
}

/** Gives those of the messages that answer others their quotes, all by one query. */
export async function addQuotes(manager: EntityManager, messages: readonly Message[]): Promise<void> {
  const replies = messages.filter((message) => message.replyTo !== null);
  if (replies.length === 0) return;
  const { text, values } = originalsOf(replies);
  const quotes = toQuotes(replies, await manager.query<Original[]>(text, values));
  for (const [index, reply] of replies.entries()) reply.quote = quotes[index] ?? null;
}

/** The query for the originals of replies. */
export function originalsOf(replies: readonly Reply[]): { text: string; values: unknown[] } {
  return {
    // OFFSET 0 has each looked up: a join could read all there are, and has to where the writer asks.
    text: `SELECT conversation_id AS "conversationId", id, seq::float8 AS seq, version::float8 AS version,
       sender_id AS "senderId", kind, left(text, $3) AS text, deleted_at AS "deletedAt"
     FROM unnest($1::uuid[], $2::uuid[]) AS reply (place, original) CROSS JOIN LATERAL (
       SELECT * FROM message WHERE conversation_id = place AND id = original OFFSET 0) found`,
    values: [
      replies.map((reply) => reply.conversationId),
      replies.map((reply) => reply.replyTo),
      LIMITS.quoteLength,
    ],
  };
}

/** The quotes of replies, in their order; null where the original is not there. */
export function toQuotes(replies: readonly Reply[], originals: readonly Original[]): (Quote | null)[] {
  const quotes = new Map(originals.map((row) => [row.conversationId + row.id, toQuote(row)]));
  return replies.map((reply) => quotes.get(`${reply.conversationId}${reply.replyTo}`) ?? null);
}

/** The first characters; none is cut in two. */
function shorten(text: string): string {
  // A character is two units at the most, so these hold all that are shown.
  return [...text.slice(0, 2 * LIMITS.quoteLength)].slice(0, LIMITS.quoteLength).join('');
}
