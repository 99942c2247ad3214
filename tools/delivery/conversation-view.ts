import type { Conversation, Member, Message } from '@parley/protocol';

/** A conversation as one person sees it: what their clients hold, and what the database has for them. */
export interface ConversationView extends Pick<Conversation, 'id' | 'kind' | 'historyVisible' | 'title'> {
  memberCount: number;
  lastSeq: number;
  /** Messages up to it are not shown. */
  joinedSeq: number;
  unread: number;
  unreadMentions: number;
  /** By user id. */
  members: ReadonlyMap<string, Member>;
  /** By id, without what the person has deleted for themselves. */
  messages: ReadonlyMap<string, Message>;
}
