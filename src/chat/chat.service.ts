import { Injectable } from '@nestjs/common';
import type { History } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { requestHash } from '../common/request-hash';
import { DirectConversationsService } from '../conversations/direct-conversations.service';
import type { Membership } from '../conversations/membership';
import { MembershipService } from '../conversations/membership.service';
import type { NewMessage } from '../timeline/new-message';
import { TimelineReader } from '../timeline/timeline-reader';
import type { Appended } from '../timeline/append-job';
import { TimelineWriter } from '../timeline/timeline-writer';
import { MessageAccess } from './message-access';
import type { HistoryQuery, MessageInputDto, MessageSendDto } from './messages.dto';

/** A stored message and who is to get it. */
export interface Sent extends Appended {
  membership: Membership;
}

/** Sending and reading messages, behind socket and REST alike. */
@Injectable()
export class ChatService {
  constructor(
    private readonly writer: TimelineWriter,
    private readonly reader: TimelineReader,
    private readonly memberships: MembershipService,
    private readonly directs: DirectConversationsService,
    private readonly access: MessageAccess,
  ) {}

  /** To a conversation, or to a user. */
  send(actor: Actor, input: MessageSendDto): Promise<Sent> {
    const { conversationId, to } = input;
    return conversationId !== undefined && to === undefined
      ? this.sendTo(actor, conversationId, input)
      : this.sendToUser(actor, input);
  }

  async sendTo(actor: Actor, conversationId: string, input: MessageInputDto): Promise<Sent> {
    // Each wait costs as much as what is waited for, where that is in memory.
    const { userId } = actor;
    const membership =
      this.memberships.heldOf(conversationId, userId) ??
      (await this.memberships.require(conversationId, userId));
    const message = toNewMessage(actor, membership, input, this.access.recheck(actor, membership));
    try {
      const looking = this.access.requireNotBlocked(actor, membership);
      if (looking) await looking;
      requireMembers(membership, message.mentions);
      if (message.replyTo !== null) await this.requireOriginal(actor, conversationId, message.replyTo);
    } catch (refusal) {
      // It may be a retry of what was stored before the block, or before somebody mentioned, or the original, went.
      const earlier = await this.writer.earlier(message);
      if (!earlier) throw refusal;
      return this.again(actor, earlier, membership);
    }
    const appended = await this.writer.append(message);
    if (appended.duplicate) return this.again(actor, appended, membership);
    // Nothing may be waited for from here to the push: it would lose its place.
    return { message: appended.message, duplicate: false, membership };
  }

  /** A page of what the member can see, in the order of seq. */
  async history(
    actor: Actor,
    conversationId: string,
    { before, after, limit }: HistoryQuery,
  ): Promise<History> {
    if (before !== undefined && after !== undefined) {
      throw new DomainError('payload_invalid', 'History is read before a seq or after one, not both.');
    }
    const membership = await this.memberships.require(conversationId, actor.userId);
    return this.reader.history(conversationId, membership.viewer(actor.userId), { before, after, limit });
  }

  /** What a message answers: something there that its sender can see. */
  private async requireOriginal(actor: Actor, conversationId: string, replyTo: string): Promise<void> {
    const row = await this.access.message(actor, conversationId, replyTo);
    if (row.deletedAt) throw new DomainError('message_not_found', 'The message to answer has been deleted.');
  }

  private async sendToUser(actor: Actor, input: MessageSendDto): Promise<Sent> {
    if (input.to === undefined || input.conversationId !== undefined) {
      throw new DomainError(
        'payload_invalid',
        'A message goes to a conversationId or to a user, not to both.',
      );
    }
    return this.sendTo(actor, await this.directs.idWith(actor, input.to), input);
  }

  /** The answer to a retry: the message as it is now. */
  private async again(actor: Actor, { message }: Appended, membership: Membership): Promise<Sent> {
    const { joinedSeq } = membership.viewer(actor.userId);
    return { duplicate: true, message: await this.reader.quoted(message, joinedSeq), membership };
  }
}

function requireMembers(membership: Membership, userIds: readonly string[]): void {
  for (const userId of userIds) {
    if (!membership.get(userId)) throw new DomainError('member_not_found', undefined, { userId });
  }
}

function toNewMessage(
  actor: Actor,
  membership: Membership,
  input: MessageInputDto,
  recheck: NewMessage['recheck'],
): NewMessage {
  const mentions = input.mentions ? [...new Set(input.mentions)] : [];
  const { id, text, kind = 'text', metadata = null, replyTo = null } = input;
  const mentionsAll = input.mentionAll ?? false;
  return {
    id,
    conversationId: membership.conversationId,
    senderId: actor.userId,
    kind,
    text,
    metadata,
    mentions,
    mentionsAll,
    replyTo,
    requestHash: requestHash(kind, text, metadata, mentions, mentionsAll, replyTo),
    membersVersion: membership.version,
    recheck,
  };
}
