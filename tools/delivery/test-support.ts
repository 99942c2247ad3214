import type { Conversation, Member, Message } from '@parley/protocol';
import { Afflictions } from './afflictions';
import { type FindingKind, Findings } from './findings';
import { type TrueConversation, Truth } from './truth';

/** A message as it was sent, for specs. */
export function messageOf(seq: number, more: Partial<Message> = {}): Message {
  return {
    ...{
      id: `m${seq}`,
      conversationId: 'c',
      seq,
      version: seq,
      senderId: 'ann',
      kind: 'text',
      text: `text ${seq}`,
    },
    ...{ metadata: null, mentions: [], mentionsAll: false, replyTo: null, quote: null, reactions: [] },
    ...{ createdAt: at(seq), editedAt: null, deletedAt: null, pinnedAt: null, pinnedBy: null },
    ...more,
  };
}

/** An entry of the server. */
export function entryOf(seq: number, metadata: Record<string, unknown>): Message {
  return messageOf(seq, { kind: 'system', text: null, metadata });
}

export function memberOf(userId: string, more: Partial<Member> = {}): Member {
  return { userId, role: 'member', joinedSeq: 0, deliveredSeq: 0, readSeq: 0, version: 1, ...more };
}

export function conversationOf(more: Partial<Conversation> = {}): Conversation {
  return {
    ...{ id: 'c', kind: 'group', title: 'Title', historyVisible: false, lastSeq: 0, version: 0 },
    ...{ memberCount: 2, createdAt: at(0), ...more },
  };
}

/** A conversation `c` of Ann and Bob with these messages. */
export function truthWith(messages: Message[], more: Partial<TrueConversation> = {}): Truth {
  const { id, kind, title, historyVisible, memberCount } = conversationOf();
  const conversation: TrueConversation = {
    ...{ id, kind, title, historyVisible, memberCount, lastSeq: messages.length, knownFrom: 0 },
    members: new Map(['ann', 'bob'].map((userId) => [userId, memberOf(userId)])),
    messages: new Map(messages.map((message) => [message.id, message])),
    hidden: new Map(),
    ...more,
  };
  return new Truth([[id, conversation]], true);
}

/** So many seconds into a day, as an instant. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
}

export function findings(): Findings {
  return new Findings(new Afflictions(() => 0));
}

/** How often each kind was found. */
export function countsOf(found: Findings): Partial<Record<FindingKind, number>> {
  const kinds = new Set(found.kept.map(({ kind }) => kind));
  return Object.fromEntries([...kinds].map((kind) => [kind, found.count(kind)]));
}
