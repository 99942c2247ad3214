import { LIMITS, type Member, type Message } from '@parley/protocol';
import type { ConversationView } from './conversation-view';
import { quoteOf } from './quotes';
import { countsFor, mentions } from './unread-count';

/** A conversation with everything in it, whoever may see it. */
export interface TrueConversation extends Pick<
  ConversationView,
  'id' | 'kind' | 'title' | 'historyVisible' | 'memberCount' | 'lastSeq'
> {
  /** Those who are in it. */
  members: ReadonlyMap<string, Member>;
  /** By id, without quotes; in the order of seq. */
  messages: ReadonlyMap<string, Message>;
  /** What each has deleted for themselves, by user id. */
  hidden: ReadonlyMap<string, ReadonlySet<string>>;
  /** All messages after this seq are here; those up to it may be unknown. */
  knownFrom: number;
}

/** How it is, by conversation. */
export class Truth extends Map<string, TrueConversation> {
  /**
   * @param isWhole Whether it is all that there is, as the database has it. Without a database it is what
   *   fresh clients see together: what nobody sees any more is not known.
   */
  constructor(
    conversations: Iterable<readonly [string, TrueConversation]>,
    readonly isWhole: boolean,
  ) {
    super(conversations);
  }
}

/** What somebody should hold of it; null for who is not in it. */
export function viewOf(userId: string, truth: TrueConversation): ConversationView | null {
  const own = truth.members.get(userId);
  if (!own) return null;
  const { joinedSeq } = own;
  const hidden = truth.hidden.get(userId) ?? new Set<string>();
  const messages = new Map<string, Message>();
  for (const message of truth.messages.values()) {
    if (message.seq <= joinedSeq || hidden.has(message.id)) continue;
    const original = message.replyTo === null ? undefined : truth.messages.get(message.replyTo);
    const quote = original && original.seq > joinedSeq ? quoteOf(original) : null;
    messages.set(message.id, { ...message, quote });
  }
  const { id, kind, title, historyVisible, memberCount, lastSeq, members } = truth;
  return {
    ...{ id, kind, title, historyVisible, memberCount, lastSeq, joinedSeq, members, messages },
    ...recount(own, messages.values()),
  };
}

/** What is unread, counted the plain way. */
function recount(own: Member, messages: Iterable<Message>): { unread: number; unreadMentions: number } {
  let unread = 0;
  let unreadMentions = 0;
  for (const message of messages) {
    if (message.seq <= own.readSeq || !countsFor(own.userId, message)) continue;
    unread++;
    if (mentions(own.userId, message)) unreadMentions++;
  }
  const capped = (count: number) => Math.min(count, LIMITS.unreadCount);
  return { unread: capped(unread), unreadMentions: capped(unreadMentions) };
}

/** What all fresh clients together know. */
export function truthOf(views: Iterable<ConversationView>): Truth {
  const truth = new Map<string, TrueConversation & { messages: Map<string, Message> }>();
  for (const view of views) {
    const known = truth.get(view.id);
    if (!known) {
      const messages = new Map([...view.messages].map(([id, message]) => [id, { ...message, quote: null }]));
      truth.set(view.id, { ...view, messages, hidden: new Map(), knownFrom: view.joinedSeq });
      continue;
    }
    for (const [id, message] of view.messages) known.messages.set(id, { ...message, quote: null });
    known.knownFrom = Math.min(known.knownFrom, view.joinedSeq);
  }
  return new Truth(truth, false);
}
