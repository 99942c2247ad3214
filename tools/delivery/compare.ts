import { isDeepStrictEqual } from 'node:util';
import type { Member, Message } from '@parley/protocol';
import type { ConversationView } from './conversation-view';
import type { FindingKind } from './findings';

/** Something in which two views differ. */
export interface Difference {
  kind: Extract<FindingKind, 'gaps' | 'stale' | 'unread'>;
  conversationId: string;
  sentence: string;
}

/** What is to be seen, and what is seen instead; the names are for people. */
export interface Comparison {
  seen: ReadonlyMap<string, ConversationView>;
  seenBy: string;
  right: ReadonlyMap<string, ConversationView>;
  rightBy: string;
}

const PLAIN = ['kind', 'title', 'historyVisible', 'memberCount', 'lastSeq', 'joinedSeq'] as const;

/** All in which they differ, the coarsest first. */
export function* differences(comparison: Comparison): Generator<Difference> {
  const { seen, seenBy, right, rightBy } = comparison;
  for (const id of seen.keys()) {
    if (!right.has(id)) yield stale(id, `${seenBy} holds the conversation, ${rightBy} does not`);
  }
  for (const [id, view] of right) {
    const other = seen.get(id);
    if (other)
      yield* inConversation(
        other,
        view,
        (field, a, b) => `${field}: ${seenBy} ${show(a)}, ${rightBy} ${show(b)}`,
      );
    else yield stale(id, `${rightBy} holds the conversation, ${seenBy} does not`);
  }
}

type Tell = (field: string, seen: unknown, right: unknown) => string;

function* inConversation(seen: ConversationView, right: ConversationView, tell: Tell): Generator<Difference> {
  const { id } = right;
  for (const field of PLAIN) {
    if (seen[field] !== right[field]) yield stale(id, tell(field, seen[field], right[field]));
  }
  for (const field of ['unread', 'unreadMentions'] as const) {
    if (seen[field] === right[field]) continue;
    const own = `lastSeq ${right.lastSeq}, joinedSeq ${right.joinedSeq}`;
    yield {
      kind: 'unread',
      conversationId: id,
      sentence: `${tell(field, seen[field], right[field])} (${own})`,
    };
  }
  yield* inMembers(seen, right, tell);
  yield* inMessages(seen, right, tell);
}

function* inMembers(seen: ConversationView, right: ConversationView, tell: Tell): Generator<Difference> {
  for (const userId of new Set([...seen.members.keys(), ...right.members.keys()])) {
    const [a, b] = [seen.members.get(userId), right.members.get(userId)];
    for (const [field, x, y] of fieldsOf<Member>(a, b))
      yield stale(right.id, tell(`member ${userId} ${field}`, x, y));
  }
}

function* inMessages(seen: ConversationView, right: ConversationView, tell: Tell): Generator<Difference> {
  for (const [id, message] of right.messages) {
    if (seen.messages.has(id)) continue;
    const sentence = tell(
      `message ${id} (seq ${message.seq}, version ${message.version})`,
      'not there',
      'there',
    );
    yield { kind: 'gaps', conversationId: right.id, sentence };
  }
  for (const [id, message] of seen.messages) {
    const { seq, version } = message;
    const other = right.messages.get(id);
    // The original has been deleted for oneself: its changes are told to the others only.
    const untold = message.replyTo !== null && !right.messages.has(message.replyTo);
    const shown = other && untold ? { ...other, quote: message.quote } : other;
    for (const [field, x, y] of fieldsOf<Message>(message, shown)) {
      yield stale(right.id, tell(`message ${id} (seq ${seq}, version ${version}) ${field}`, x, y));
    }
  }
}

/** The fields in which two objects differ; the whole when one is not there. */
function* fieldsOf<T extends object>(
  a: T | undefined,
  b: T | undefined,
): Generator<[string, unknown, unknown]> {
  if (!a || !b) {
    if (a !== b) yield ['', a ? 'there' : 'not there', b ? 'there' : 'not there'];
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof T & string>) {
    if (!isDeepStrictEqual(a[key], b[key])) yield [key, a[key], b[key]];
  }
}

function stale(conversationId: string, sentence: string): Difference {
  return { kind: 'stale', conversationId, sentence };
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === undefined || text.length <= 200 ? String(text) : `${text.slice(0, 200)}…`;
}
