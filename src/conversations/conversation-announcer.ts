import { Injectable } from '@nestjs/common';
import type {
  Conversation,
  Member,
  MemberChange,
  Message,
  ServerEvent,
  ServerEvents,
} from '@parley/protocol';
import { DeliveryService, type Position, type Recipients } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import type { ConversationEntity } from '../timeline/conversation.entity';
import type { Membership } from './membership';
import { MembershipService } from './membership.service';

/** A committed change of a conversation, as far as others are to hear of it. */
export interface Committed {
  conversation: ConversationEntity;
  entry: Message;
  /** Members who came, changed or (null) went. */
  members?: ReadonlyMap<string, Member | null>;
  /** Of the members above, those who came. */
  added?: ReadonlySet<string>;
  titleChanged?: boolean;
}

/** A conversation as it goes over the wire. */
export function toConversation(row: ConversationEntity): Conversation {
  const { id, kind, title, historyVisible, lastSeq, version, memberCount, createdAt } = row;
  return {
    id,
    kind,
    title,
    historyVisible,
    lastSeq,
    version,
    memberCount,
    createdAt: createdAt.toISOString(),
  };
}

/** Applies committed changes of conversations to the cached side, and tells everybody concerned. */
@Injectable()
export class ConversationAnnouncer {
  constructor(
    private readonly delivery: DeliveryService,
    private readonly memberships: MembershipService,
  ) {}

  /** Call at once after the commit: nothing may be waited for in between, or pushes lose their order. */
  changed(membership: Membership, committed: Committed): void {
    const { conversation, entry, members = new Map<string, Member | null>(), added } = committed;
    membership.apply(members);
    this.memberships.apply(conversation.id, members);
    const position = { conversationId: conversation.id, version: entry.version };
    const wire = toConversation(conversation);
    for (const [userId, member] of members) {
      if (!member) this.push([userId], 'conversation.removed', position, position);
      else if (added?.has(userId)) this.created([userId], wire, member);
    }
    this.push(membership.seeing(entry.seq), 'message.created', { message: entry }, position);
    if (members.size > 0) {
      const changes = [...members].map(([userId, member]): MemberChange => {
        return { userId, role: member?.role ?? null, member };
      });
      const data = { ...position, changes, memberCount: conversation.memberCount };
      this.push(membership.everyone, 'member.changed', data, position);
    }
    if (committed.titleChanged) {
      this.push(membership.everyone, 'conversation.updated', { ...position, conversation: wire }, position);
    }
  }

  /** Tells its first members of a new group. */
  made(row: ConversationEntity, entry: Message, members: readonly Member[]): void {
    const wire = toConversation(row);
    for (const member of members) this.created([member.userId], wire, member);
    const to = new Set(members.map((member) => member.userId));
    const position = { conversationId: row.id, version: entry.version };
    this.push(to, 'message.created', { message: entry }, position);
  }

  /** Tells people that they are in a conversation now. */
  created(userIds: Recipients, conversation: Conversation, member: Member): void {
    const position = { conversationId: conversation.id, version: conversation.version };
    this.push(userIds, 'conversation.created', { ...position, conversation, member }, position);
  }

  private push<E extends ServerEvent>(
    to: Recipients,
    event: E,
    data: ServerEvents[E],
    position: Position,
  ): void {
    this.delivery.push({ to, frame: Frame.push(event, data), position });
  }
}
