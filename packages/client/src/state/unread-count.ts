import { LIMITS, type Message, type Unread } from '@parley/protocol';

export type Count = Omit<Unread, 'conversationId'>;

/** Whether a message mentions somebody, by name or with everybody. */
function mentionsUser(message: Message, userId: string): boolean {
  return message.mentionsAll || message.mentions.includes(userId);
}

/** The last count of the server and, on top of it, the messages that came after. */
export class UnreadCount {
  constructor(private base: Count) {}

  /** Up to which message the server has counted. */
  get lastSeq(): number {
    return this.base.lastSeq;
  }

  /** Takes a count as it comes, unless it is for an older cursor than one's own. */
  take({ unread, unreadMentions, readSeq, lastSeq }: Count, ownReadSeq: number): void {
    if (readSeq >= Math.max(ownReadSeq, this.base.readSeq)) {
      this.base = { unread, unreadMentions, readSeq, lastSeq };
    }
  }

  /** @param messages In the order of seq: all that came after the last count. */
  of(userId: string, messages: readonly Message[]): Pick<Unread, 'unread' | 'unreadMentions'> {
    let { unread, unreadMentions } = this.base;
    for (let at = messages.length - 1; at >= 0; at--) {
      const message = messages[at] as Message;
      if (message.seq <= this.base.lastSeq) break;
      if (message.senderId === userId || message.deletedAt !== null) continue;
      unread++;
      if (mentionsUser(message, userId)) unreadMentions++;
    }
    return {
      unread: Math.min(unread, LIMITS.unreadCount),
      unreadMentions: Math.min(unreadMentions, LIMITS.unreadCount),
    };
  }

  toJSON(): Count {
    return this.base;
  }

  /** The same with these messages counted: they are not held on. */
  folded(userId: string, messages: readonly Message[]): Count {
    const lastSeq = Math.max(this.base.lastSeq, messages.at(-1)?.seq ?? 0);
    return { ...this.base, ...this.of(userId, messages), lastSeq };
  }
}
