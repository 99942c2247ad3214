import type { Conversation, ConversationSummary, Member, Message } from '@parley/protocol';
import type { StoredHead } from './stored';
import { type Count, UnreadCount } from './unread-count';

/** What a list of conversations says of one: title, size, last message, what is unread. */
export class ConversationHead {
  readonly count: UnreadCount;
  /** All of it but the count. */
  readonly data: StoredHead;

  constructor(stored: StoredHead) {
    this.data = { ...stored, conversation: { ...stored.conversation } };
    this.count = new UnreadCount(stored.count);
  }

  /** What is told of it; of two the later one is right. */
  tell({ title, memberCount, lastSeq, version }: Conversation): void {
    this.entitle(title, lastSeq);
    this.resize(version, memberCount);
    this.reach(lastSeq);
  }

  summarise(summary: ConversationSummary): void {
    const { peer, role, lastMessage } = summary;
    this.tell(summary);
    Object.assign(this.data, { peer, role });
    this.saw(lastMessage);
  }

  resize(version: number, memberCount: number | null): void {
    const { conversation } = this.data;
    if (version < conversation.version) return;
    conversation.version = version;
    conversation.memberCount = memberCount ?? conversation.memberCount;
  }

  entitle(title: string | null, seq: number): void {
    if (seq < this.data.titleSeq) return;
    this.data.titleSeq = seq;
    this.data.conversation.title = title;
  }

  reach(seq: number): void {
    const { conversation } = this.data;
    conversation.lastSeq = Math.max(conversation.lastSeq, seq);
  }

  /** A message that can be seen: of two the later one, of two states of one the newer one. */
  saw(message: Message | null): void {
    const held = this.data.lastMessage;
    const isLater =
      message &&
      (!held || (held.id === message.id ? message.version >= held.version : message.seq > held.seq));
    if (isLater) this.data.lastMessage = message;
  }

  toJSON(count: Count): StoredHead {
    return { ...this.data, conversation: { ...this.data.conversation }, count };
  }
}

/** Nothing has been counted yet: messages after the cursor are, as they come. */
export function begun(
  conversation: Conversation,
  { joinedSeq, role, readSeq }: Pick<Member, 'joinedSeq' | 'role' | 'readSeq'>,
): StoredHead {
  const count = { unread: 0, unreadMentions: 0, readSeq, lastSeq: Math.max(joinedSeq, readSeq) };
  return {
    conversation,
    titleSeq: conversation.lastSeq,
    joinedSeq,
    role,
    count,
    peer: null,
    lastMessage: null,
  };
}
