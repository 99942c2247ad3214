import { Injectable } from '@nestjs/common';
import type { Message } from '@parley/protocol';
import type { EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { MemberRows } from '../conversations/member-rows';
import { MembershipService } from '../conversations/membership.service';
import { isRefusedByBlock, type MemberAct, requireMayWith } from '../conversations/policy';
import type { MessageEntity } from '../timeline/message.entity';
import { withOwnReactions } from '../timeline/own-reactions';
import { addQuotes, asSeenFrom } from '../timeline/quotes';
import { UnreadService } from '../receipts/unread.service';
import { TimelineReader } from '../timeline/timeline-reader';
import { TimelineWriter } from '../timeline/timeline-writer';
import { toMessage } from '../timeline/to-message';
import { MessageAccess } from './message-access';
import { MessagePushes } from './message-pushes';
import { type MessagePatch, MessageRows } from './message-rows';

/** Which message, and the connection that is answered and so not told. */
export interface Target {
  readonly conversationId: string;
  readonly id: string;
  readonly except?: string | undefined;
}

/** A message within a change that holds its conversation's lock. */
interface Changing {
  readonly manager: EntityManager;
  readonly row: MessageEntity;
  readonly rows: MessageRows;
  readonly members: MemberRows;
}

/** Decides what becomes of a message; null leaves it as it is. */
type Work = (changing: Changing) => Promise<MessagePatch | null>;

/** Runs changes of messages: each takes the conversation's next version, and everybody is told. */
@Injectable()
export class MessageChanger {
  constructor(
    private readonly writer: TimelineWriter,
    private readonly memberships: MembershipService,
    private readonly reader: TimelineReader,
    private readonly pushes: MessagePushes,
    private readonly unread: UnreadService,
    private readonly access: MessageAccess,
  ) {}

  /** Changes a message that the actor can see, if they may; both are asked for under the lock. */
  async change(actor: Actor, target: Target, act: MemberAct, work: Work): Promise<Message> {
    const { conversationId, id, except } = target;
    const membership = await this.memberships.require(conversationId, actor.userId);
    const { message, own, lastSeq, hiddenFrom, counts } = await this.writer.change(
      actor,
      conversationId,
      async (change) => {
        const { manager, conversation } = change;
        const members = new MemberRows(change);
        const member = await members.require(actor.userId, 'conversation_not_found');
        const row = await this.reader.visible(conversationId, id, member, manager);
        if (!row) throw new DomainError('message_not_found');
        if (isRefusedByBlock(act)) await this.access.requireWritable(actor, conversationId);
        const { role, userId } = member;
        requireMayWith(act, { kind: conversation.kind, role, userId }, row);
        const rows = new MessageRows(manager, row);
        const patch = await work({ manager, row, rows, members });
        const result = toMessage(patch ? await rows.update(patch, change.nextVersion()) : row);
        await addQuotes(manager, [result]);
        const [mine = result] = await withOwnReactions(manager, [result], actor.userId);
        const counts =
          patch !== null && ('deletedAt' in patch || 'mentions' in patch || 'mentionsAll' in patch);
        const { lastSeq } = conversation;
        return {
          message: result,
          own: { userId: actor.userId, message: asSeenFrom(mine, member.joinedSeq) },
          lastSeq,
          hiddenFrom: patch && (await rows.hiddenFrom()),
          counts,
        };
      },
    );
    // Nothing may be waited for from the commit to the push: it would lose its place.
    if (hiddenFrom) this.pushes.updated(message, lastSeq, { membership, except, hiddenFrom, own });
    if (counts) this.unread.changed(conversationId, membership.everyone);
    return own.message;
  }
}

export function requireNotDeleted(row: MessageEntity): void {
  if (row.deletedAt) throw new DomainError('message_deleted');
}
