import { LIMITS, type Message, type Unread } from '@parley/protocol';

export type Counted = Pick<Unread, 'unread' | 'unreadMentions'>;

/** Whether a message is unread to somebody, if it is after their cursor and they can see it. */
export function countsFor(userId: string, message: Message): boolean {
  return message.senderId !== userId && message.deletedAt === null;
}

export function mentions(userId: string, message: Message): boolean {
  return message.mentionsAll || message.mentions.includes(userId);
}

/** The last count of the server and, on top of it, the messages that came after. */
export class UnreadCount {
  constructor(private base: Omit<Unread, 'conversationId'>) {}

  /** Takes a count as it comes, unless it is for an older cursor than the client's. */
  take(
    { unread, unreadMentions, readSeq, lastSeq }: Omit<Unread, 'conversationId'>,
    ownReadSeq: number,
  ): void {
    if (readSeq >= Math.max(ownReadSeq, this.base.readSeq))
      this.base = { unread, unreadMentions, readSeq, lastSeq };
  }

  of(userId: string, messages: Iterable<Message>): Counted {
    let { unread, unreadMentions } = this.base;
    for (const message of messages) {
      if (message.seq <= this.base.lastSeq || !countsFor(userId, message)) continue;
      unread++;
      if (mentions(userId, message)) unreadMentions++;
    }
    return {
      unread: Math.min(unread, LIMITS.unreadCount),
      unreadMentions: Math.min(unreadMentions, LIMITS.unreadCount),
    };
  }

  toJSON(): Omit<Unread, 'conversationId'> {
    return this.base;
  }
}
