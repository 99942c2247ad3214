import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Message } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { DeliveryService } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import { MembershipService } from '../conversations/membership.service';
import { TimelineReader } from '../timeline/timeline-reader';
import { UnreadService } from '../receipts/unread.service';
import { CURRENT_XID } from '../timeline/current-xid';
import { toMessage } from '../timeline/to-message';
import { MessageChanger, type Target } from './message-changer';
import { NOW } from './message-rows';

/** Deleting messages: for everyone, which leaves their place, or for oneself. */
@Injectable()
export class MessageDeletionService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly memberships: MembershipService,
    private readonly reader: TimelineReader,
    private readonly delivery: DeliveryService,
    private readonly changer: MessageChanger,
    private readonly unread: UnreadService,
  ) {}

  delete(actor: Actor, target: Target, forMe = false): Promise<Message> {
    return forMe ? this.hide(actor, target) : this.deleteForAll(actor, target);
  }

  private deleteForAll(actor: Actor, target: Target): Promise<Message> {
    return this.changer.change(actor, target, 'message.delete', async ({ row, rows }) => {
      if (row.deletedAt) return null;
      await rows.strip();
      const body = { text: null, metadata: null, mentions: null, mentionsAll: false, reactions: null };
      return { ...body, editedAt: null, pinnedAt: null, pinnedBy: null, deletedAt: NOW };
    });
  }

  /** A person's own: it takes no version, and only their devices hear of it. */
  private async hide(actor: Actor, { conversationId, id, except }: Target): Promise<Message> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    const { joinedSeq } = membership.viewer(actor.userId);
    // One that is hidden already counts too: it may be a retry.
    const row = await this.reader.find(conversationId, id);
    if (!row || row.seq <= joinedSeq) throw new DomainError('message_not_found');
    const message = await this.reader.quoted(toMessage(row), joinedSeq);
    // Once more is told once more: of the first time the answer, and so the push, may have been lost.
    await this.source.query(
      `WITH hidden AS (
         INSERT INTO hidden_message AS h (user_id, conversation_id, message_id, seq, changed_xid)
         VALUES ($1, $2, $3, $4, ${CURRENT_XID})
         ON CONFLICT (user_id, conversation_id, message_id) DO UPDATE SET changed_xid = excluded.changed_xid
         RETURNING h.conversation_id
       )
       UPDATE member m SET changed_xid = ${CURRENT_XID} FROM hidden
       WHERE m.conversation_id = hidden.conversation_id AND m.user_id = $1`,
      [actor.userId, conversationId, id, row.seq],
    );
    const frame = Frame.push('message.hidden', { conversationId, id, seq: row.seq });
    this.delivery.push({ to: [actor.userId], frame, except });
    this.unread.changed(conversationId, [actor.userId]);
    return message;
  }
}
