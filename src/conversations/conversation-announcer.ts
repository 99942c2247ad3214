import { Injectable } from '@nestjs/common';
import type {
  Conversation,
  Member,
  MemberChange,
  Message,
  ServerEvent,
  ServerEvents,
} from '@parley/protocol';
import { DeliveryService } from '../connections/delivery.service';
import type { Push } from '../connections/push';
import type { Recipients } from '../connections/recipients';
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
    const { conversation, entry, members } = committed;
    if (members) {
      membership.apply(entry.version, members);
      this.memberships.apply(conversation.id, entry.version, members);
    }
    const { version, seq } = entry;
    const position = { conversationId: conversation.id, version, seq, seqBefore: seq - 1 };
    const { before, after } = changePushes(membership, committed);
    const created = push(membership.seeing(entry.seq, entry.version), 'message.created', { message: entry });
    const changesMembers = members !== undefined;
    for (const each of [...before, created, ...after]) {
      this.delivery.push({ ...each, position, changesMembers });
    }
  }

  /** Tells the first members of a new conversation, and of its first entry if it has one. */
  made(row: ConversationEntity, members: readonly Member[], entry?: Message): void {
    const position = { conversationId: row.id, version: row.version, seq: row.lastSeq, seqBefore: 0 };
    const pushes = members.map((member) => creation(row, member));
    if (entry) {
      const to = new Set(members.map((member) => member.userId));
      pushes.push(push(to, 'message.created', { message: entry }));
    }
    for (const each of pushes) this.delivery.push({ ...each, position, changesMembers: true });
  }
}

/** What is told of a change, before its entry and after it. */
export function changePushes(
  membership: Membership,
  { conversation, entry, members = new Map<string, Member | null>(), added, titleChanged }: Committed,
): { before: Push[]; after: Push[] } {
  const position = { conversationId: conversation.id, version: entry.version };
  const everyone = membership.seen({}, entry.version);
  const before: Push[] = [];
  for (const [userId, member] of members) {
    if (!member) before.push(push([userId], 'conversation.removed', position));
    else if (added?.has(userId)) before.push(creation(conversation, member));
  }
  const after: Push[] = [];
  if (members.size > 0) {
    const changes = [...members].map(([userId, member]): MemberChange => {
      return { userId, role: member?.role ?? null, member };
    });
    const data = { ...position, changes, memberCount: conversation.memberCount };
    after.push(push(everyone, 'member.changed', data));
  }
  if (titleChanged) {
    const data = { ...position, conversation: toConversation(conversation) };
    after.push(push(everyone, 'conversation.updated', data));
  }
  return { before, after };
}

/** Tells somebody that they are in a conversation now. */
export function creation(row: ConversationEntity, member: Member): Push {
  const { id: conversationId, version } = row;
  const data = { conversationId, version, conversation: toConversation(row), member };
  return push([member.userId], 'conversation.created', data);
}

function push<E extends ServerEvent>(to: Recipients, event: E, data: ServerEvents[E]): Push {
  return { to, frame: Frame.push(event, data) };
}
