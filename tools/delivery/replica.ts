import type { ServerFrame } from '@parley/client';
import type {
  Changes,
  MessageChanged,
  MessageSent,
  ReadReceipt,
  Receipt,
  ServerEvents,
  SyncPage,
} from '@parley/protocol';
import { HeldConversation, type StoredConversation } from './held-conversation';

/** What a client keeps while it is not running. */
export interface StoredReplica {
  cursor: string | null;
  conversations: StoredConversation[];
}

type Placed = { conversationId: string };

/** All that one client holds: what a careful app makes of pages, answers and pushes. */
export class Replica {
  readonly conversations = new Map<string, HeldConversation>();
  /** Of the last sync that was read to its end. */
  cursor: string | null = null;
  /** Conversations that began by a push while a sync was being read: it may be older than that. */
  private begunMeanwhile = new Set<string>();

  constructor(readonly userId: string) {}

  static restore(userId: string, stored: StoredReplica): Replica {
    const replica = new Replica(userId);
    replica.cursor = stored.cursor;
    for (const each of stored.conversations) {
      replica.conversations.set(each.conversation.id, HeldConversation.restore(userId, each));
    }
    return replica;
  }

  toJSON(): StoredReplica {
    return {
      cursor: this.cursor,
      conversations: [...this.conversations.values()].map((held) => held.toJSON()),
    };
  }

  /** Takes a frame in, in the order of the connection; which conversation it was about, if any. */
  receive(frame: ServerFrame): void {
    if (frame.event !== 'reply') this.pushed(frame);
    else if (frame.ok) this.answered(frame.data as object);
  }

  syncBegins(): void {
    this.begunMeanwhile = new Set();
    // Nobody tells who has no cursor what has gone.
    if (this.cursor === null) this.conversations.clear();
  }

  synced(page: SyncPage): void {
    for (const id of page.removed) if (!this.begunMeanwhile.has(id)) this.conversations.delete(id);
    for (const summary of page.conversations) {
      let held = this.conversations.get(summary.id);
      if (held && held.joinedSeq > summary.joinedSeq) continue;
      // Who was out and is in again sees what comes from then on.
      if (!held || held.joinedSeq < summary.joinedSeq) {
        held = HeldConversation.begin(this.userId, summary, summary);
        this.conversations.set(summary.id, held);
      }
      held.summarised(summary);
      held.isStale = true;
    }
    for (const { conversationId, id, seq } of page.hidden)
      this.conversations.get(conversationId)?.hide(id, seq);
  }

  /** One turns out not to be in it. */
  forget(held: HeldConversation): void {
    if (this.conversations.get(held.id) === held) this.conversations.delete(held.id);
  }

  /** Keeps of a conversation that it is there, and nothing of what is in it. */
  beginAgain(held: HeldConversation): void {
    if (this.conversations.get(held.id) !== held) return;
    const nothing = { members: [], gone: [], messages: [], hidden: [], place: { version: 0, seq: 0 } };
    const stored = { ...held.toJSON(), ...nothing, isStale: true };
    this.conversations.set(held.id, HeldConversation.restore(this.userId, stored));
  }

  /** Takes in a page of changes, which is about what was held when it was asked for. */
  changed(held: HeldConversation, page: Changes): void {
    if (this.conversations.get(held.id) === held) held.changed(page);
  }

  private answered(data: object): void {
    if ('duplicate' in data && 'message' in data)
      this.arrived(data as MessageSent, !(data as MessageSent).duplicate);
    else if ('message' in data) this.arrived(data as MessageChanged, false);
    else if ('conversations' in data && 'cursor' in data) this.synced(data as SyncPage);
    else if ('deliveredSeq' in data) this.moved(data as Receipt | ReadReceipt);
  }

  private pushed(frame: Exclude<ServerFrame, { event: 'reply' }>): void {
    switch (frame.event) {
      case 'message.created':
        return this.arrived(frame.data, true);
      case 'message.updated':
        return this.arrived(frame.data, false);
      case 'message.hidden':
        return this.of(frame.data)?.hide(frame.data.id, frame.data.seq);
      case 'receipt.updated':
        return this.moved(frame.data);
      case 'unread.updated':
        return this.of(frame.data)?.counted(frame.data);
      case 'conversation.created':
        return this.began(frame.data);
      case 'conversation.updated':
        return this.of(frame.data)?.conversationChanged(frame.data.version, frame.data.conversation);
      case 'conversation.removed':
        return this.removed(frame.data);
      case 'member.changed':
        return this.of(frame.data)?.membersChanged(frame.data);
      default: // of no conversation's state
    }
  }

  private of({ conversationId }: Placed): HeldConversation | undefined {
    return this.conversations.get(conversationId);
  }

  private arrived({ message }: MessageChanged, isNew: boolean): void {
    this.of(message)?.arrived(message, isNew);
  }

  private moved(receipt: Receipt | ReadReceipt): void {
    const held = this.of(receipt);
    held?.moved(receipt);
    if ('unread' in receipt) held?.counted(receipt);
  }

  private began({ conversation, member }: ServerEvents['conversation.created']): void {
    this.begunMeanwhile.add(conversation.id);
    let held = this.conversations.get(conversation.id);
    if (!held || held.joinedSeq < member.joinedSeq) {
      held = HeldConversation.begin(this.userId, conversation, member);
      this.conversations.set(conversation.id, held);
    }
    held.told(conversation);
    held.isStale = true;
  }

  private removed({ conversationId, version }: ServerEvents['conversation.removed']): void {
    const held = this.conversations.get(conversationId);
    if (!held || (held.own?.version ?? 0) > version) return;
    this.begunMeanwhile.delete(conversationId);
    this.conversations.delete(conversationId);
  }
}
