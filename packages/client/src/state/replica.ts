import type {
  Changes,
  ConversationSummary,
  HiddenMessage,
  Message,
  ReadReceipt,
  Receipt,
  ServerEvents,
  SyncPage,
  Uuid,
} from '@parley/protocol';
import type { Push } from '../wire/link';
import { HeldConversation } from './held-conversation';
import type { StoredConversation } from './stored';

/** What is told of changes to what is held. */
export interface ReplicaListener {
  /** How many look at a conversation. */
  watchersOf(id: Uuid): number;
  /** Something of a conversation has changed. */
  changed(id: Uuid): void;
  /** A conversation came or went. */
  listChanged(id: Uuid, isHeld: boolean): void;
  /** A message is there that was not. @param isLive Whether it was pushed, and not found by catching up. */
  arrived(message: Message, isLive: boolean): void;
  /** A message is stored: nobody waits for it any more. */
  stored(message: Message): void;
}

/** All that this client holds: what it makes of pages, answers and pushes. */
export class Replica {
  readonly conversations = new Map<Uuid, HeldConversation>();
  /** Of the last sync that was read to its end. */
  cursor: string | null = null;
  /** Conversations that began by a push while a sync was being read: it may be older than that. */
  #begunMeanwhile = new Set<Uuid>();

  constructor(
    readonly userId: Uuid,
    private readonly listener: ReplicaListener,
  ) {}

  restore(cursor: string | null, stored: Iterable<StoredConversation>): void {
    this.cursor = cursor;
    for (const each of stored) this.#hold(HeldConversation.restore(this.userId, each));
  }

  syncBegins(): void {
    this.#begunMeanwhile = new Set();
    // Nobody tells who has no cursor what has gone.
    if (this.cursor === null) this.clear();
  }

  /** Forgets everything. */
  clear(): void {
    this.cursor = null;
    for (const held of [...this.conversations.values()]) this.forget(held);
  }

  synced(page: SyncPage): void {
    for (const id of page.removed) {
      const held = this.conversations.get(id);
      if (held && !this.#begunMeanwhile.has(id)) this.forget(held);
    }
    for (const summary of page.conversations) {
      const held = this.summarised(summary);
      if (held?.isBegun) held.isStale = true;
    }
    for (const message of page.hidden) this.hid(message);
  }

  /** What a list of conversations says of one. */
  summarised(summary: ConversationSummary): HeldConversation | null {
    let held = this.conversations.get(summary.id);
    if (held && held.joinedSeq > summary.joinedSeq) return null;
    // Who was out and is in again sees what comes from then on.
    if (held && held.joinedSeq === summary.joinedSeq) held.summarised(summary);
    else this.#hold((held = HeldConversation.listed(this.userId, summary)));
    this.listener.changed(summary.id);
    return held;
  }

  /** One turns out not to be in it. */
  forget(held: HeldConversation): void {
    if (this.conversations.get(held.id) !== held) return;
    this.conversations.delete(held.id);
    this.listener.listChanged(held.id, false);
  }

  /** Keeps of a conversation what the list says, and nothing of what is in it. */
  beginAgain(held: HeldConversation): void {
    if (this.conversations.get(held.id) !== held) return;
    const nothing = { members: [], gone: [], receipts: [], messages: [], hidden: [] };
    const unread = { isRead: false, isStale: false, hasAllMembers: false, floor: held.lastSeq };
    const fresh = HeldConversation.restore(this.userId, { ...held.toJSON(0), ...nothing, ...unread });
    fresh.wantsSummary = true;
    this.#hold(fresh);
  }

  /** Something of it is known now that was not. */
  touched(held: HeldConversation): void {
    this.listener.changed(held.id);
  }

  /** Takes in a page of changes, which is about what was held when it was asked for. */
  changed(held: HeldConversation, page: Changes, afterSeq: number): void {
    if (this.conversations.get(held.id) !== held) return;
    const wasRead = held.isRead;
    const added = held.changed(page, afterSeq);
    for (const message of page.messages) this.listener.stored(message);
    if (wasRead)
      for (const message of added) if (message.seq > afterSeq) this.listener.arrived(message, false);
    this.listener.changed(held.id);
  }

  /** A new or changed message, pushed or answered. */
  arrived(message: Message, isNew: boolean, isLive = true): void {
    this.listener.stored(message);
    this.#with(message, (held) => {
      if (held.arrived(message, isNew) && isNew) this.listener.arrived(message, isLive);
    });
  }

  moved(receipt: Receipt | ReadReceipt): void {
    this.#with(receipt, (held) => {
      held.moved(receipt);
      if ('unread' in receipt) held.counted(receipt);
    });
  }

  hid(message: HiddenMessage): void {
    this.#with(message, (held) => held.hide(message.id, message.seq));
  }

  pushed(push: Push): void {
    switch (push.event) {
      case 'message.created':
        return this.arrived(push.data.message, true);
      case 'message.updated':
        return this.arrived(push.data.message, false);
      case 'message.hidden':
        return this.hid(push.data);
      case 'receipt.updated':
        return this.moved(push.data);
      case 'unread.updated':
        return this.#with(push.data, (held) => held.counted(push.data));
      case 'conversation.created':
        return this.#began(push.data);
      case 'conversation.updated':
        return this.#with(push.data, (held) =>
          held.conversationChanged(push.data.version, push.data.conversation),
        );
      case 'conversation.removed':
        return this.#removed(push.data);
      case 'member.changed':
        return this.#with(push.data, (held) => held.membersChanged(push.data));
      default: // of no conversation's state
    }
  }

  #with({ conversationId }: { conversationId: Uuid }, act: (held: HeldConversation) => void): void {
    const held = this.conversations.get(conversationId);
    if (!held) return;
    act(held);
    this.listener.changed(conversationId);
  }

  #hold(held: HeldConversation): void {
    held.watchers = this.listener.watchersOf(held.id);
    this.conversations.set(held.id, held);
    this.listener.listChanged(held.id, true);
  }

  #began({ conversation, member }: ServerEvents['conversation.created']): void {
    this.#begunMeanwhile.add(conversation.id);
    const held = this.conversations.get(conversation.id);
    if (held && held.joinedSeq >= member.joinedSeq) {
      held.conversationChanged(0, conversation);
      held.wantsSummary = true;
      if (held.isBegun) held.isStale = true;
      this.listener.changed(held.id);
    } else this.#hold(HeldConversation.created(this.userId, conversation, member));
  }

  #removed({ conversationId, version }: ServerEvents['conversation.removed']): void {
    const held = this.conversations.get(conversationId);
    if (!held || (held.own?.version ?? 0) > version) return;
    this.#begunMeanwhile.delete(conversationId);
    this.forget(held);
  }
}
