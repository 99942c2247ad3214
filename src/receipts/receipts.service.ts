import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type Page, type Readers, type ReadReceipt, type Receipt } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { PageQuery } from '../common/page-query.dto';
import { Unanswered } from '../common/unanswered';
import { DeliveryService } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import type { Membership } from '../conversations/membership';
import { MemberDirectoryService } from '../conversations/member-directory.service';
import { MembershipService } from '../conversations/membership.service';
import { CURRENT_XID } from '../timeline/current-xid';
import type { MemberEntity } from '../timeline/member.entity';
import { TimelineReader } from '../timeline/timeline-reader';
import type { ReceiptTargetDto } from './receipts.dto';
import { UnreadService } from './unread.service';

type Cursor = 'delivered' | 'read';

interface MovedRow {
  delivered_seq: string;
  read_seq: string;
  moved: boolean;
}

/** How far each member has got: cursors that only move forward. */
@Injectable()
export class ReceiptsService {
  private readonly unanswered = new Unanswered();

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly memberships: MembershipService,
    private readonly directory: MemberDirectoryService,
    private readonly reader: TimelineReader,
    private readonly unread: UnreadService,
    private readonly delivery: DeliveryService,
  ) {}

  /** The messages up to there have reached one of my devices. */
  async delivered(
    actor: Actor,
    conversationId: string,
    target: ReceiptTargetDto,
    except?: string,
  ): Promise<Receipt> {
    return (await this.move(actor, conversationId, 'delivered', target, except)).receipt;
  }

  /** I have read the messages up to there. */
  async read(
    actor: Actor,
    conversationId: string,
    target: ReceiptTargetDto,
    except?: string,
  ): Promise<ReadReceipt> {
    const { receipt, moved } = await this.move(actor, conversationId, 'read', target, except);
    const unread = moved
      ? await this.unread.afterReading(actor.userId, conversationId, except)
      : await this.unread.of(actor.userId, conversationId);
    // Somebody took them out meanwhile.
    if (!unread) throw new DomainError('conversation_not_found');
    // The count comes with the cursor that it was made for: another device may have read on by then.
    return { ...receipt, ...unread, deliveredSeq: Math.max(receipt.deliveredSeq, unread.readSeq) };
  }

  /** Every member's cursors, in the order of user ids. */
  async list(actor: Actor, conversationId: string, page: PageQuery): Promise<Page<Receipt>> {
    const { items, cursor } = await this.directory.rows(actor, conversationId, page);
    const toReceipt = ({ userId, deliveredSeq, readSeq }: MemberEntity): Receipt => {
      return { conversationId, userId, deliveredSeq, readSeq };
    };
    return { items: items.map(toReceipt), cursor };
  }

  /** Who has got and who has read a message; its sender aside. */
  async readers(actor: Actor, conversationId: string, messageId: string): Promise<Readers> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    const message = await this.visible(actor, membership, messageId);
    const rows: { user_id: string; has_read: boolean }[] = await this.source.query(
      `SELECT user_id, read_seq >= $2 AS has_read FROM member
       WHERE conversation_id = $1 AND left_at IS NULL AND joined_seq < $2 AND delivered_seq >= $2 AND user_id <> $3
       ORDER BY user_id LIMIT $4`,
      [conversationId, message.seq, message.senderId, LIMITS.memberIdsPerRequest],
    );
    return {
      seq: message.seq,
      readBy: rows.filter((row) => row.has_read).map((row) => row.user_id),
      deliveredTo: rows.map((row) => row.user_id),
    };
  }

  private async move(
    actor: Actor,
    conversationId: string,
    cursor: Cursor,
    target: ReceiptTargetDto,
    except: string | undefined,
  ): Promise<{ receipt: Receipt; moved: boolean }> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    const seq = await this.seqOf(actor, membership, target);
    const store = () => this.store(conversationId, actor.userId, cursor, seq);
    const { result, mayHaveBeen } = await this.unanswered.run(conversationId + actor.userId, store);
    // It may have waited for the lost one, and then shows the cursors as they were before that.
    const row = mayHaveBeen && !result.moved ? await store() : result;
    // The same once more is told once more: the process that stored it may have died before it told anybody.
    const isSame = seq >= Number(cursor === 'read' ? row.read_seq : row.delivered_seq);
    const moved = result.moved || mayHaveBeen || (isSame && this.delivery.hasPeers);
    const receipt = {
      conversationId,
      userId: actor.userId,
      deliveredSeq: Number(row.delivered_seq),
      readSeq: Number(row.read_seq),
    };
    if (moved) this.tell(membership, receipt, except);
    return { receipt, moved };
  }

  /** Moves a cursor forward, never beyond the newest message; what is read has been delivered. */
  private async store(
    conversationId: string,
    userId: string,
    cursor: Cursor,
    seq: number,
  ): Promise<MovedRow> {
    const rows: MovedRow[] = await this.source.query(
      `WITH target AS (
         SELECT m.delivered_seq, m.read_seq, least($3::bigint, c.last_seq) AS seq
         FROM member m JOIN conversation c ON c.id = m.conversation_id
         WHERE m.conversation_id = $1 AND m.user_id = $2 AND m.left_at IS NULL
       ), updated AS (
         UPDATE member m SET
           delivered_seq = greatest(m.delivered_seq, target.seq),
           read_seq = CASE WHEN $4 THEN greatest(m.read_seq, target.seq) ELSE m.read_seq END,
           changed_xid = ${CURRENT_XID}
         FROM target
         WHERE m.conversation_id = $1 AND m.user_id = $2
           AND (m.delivered_seq < target.seq OR ($4 AND m.read_seq < target.seq))
         RETURNING m.delivered_seq, m.read_seq
       )
       SELECT delivered_seq, read_seq, true AS moved FROM updated
       UNION ALL
       SELECT delivered_seq, read_seq, false FROM target WHERE NOT EXISTS (SELECT 1 FROM updated)`,
      [conversationId, userId, seq, cursor === 'read'],
    );
    const [row] = rows;
    if (!row) throw new DomainError('conversation_not_found');
    return row;
  }

  /** Above a hundred members only one's own devices are told; the rest ask for the list. */
  private tell(membership: Membership, receipt: Receipt, except: string | undefined): void {
    const small = membership.size <= LIMITS.smallGroupMembers;
    const to = small ? membership.everyone : [receipt.userId];
    this.delivery.push({ to, frame: Frame.push('receipt.updated', receipt), except });
  }

  private async seqOf(
    actor: Actor,
    membership: Membership,
    { seq, messageId }: ReceiptTargetDto,
  ): Promise<number> {
    if (seq !== undefined && messageId === undefined) return seq;
    if (messageId !== undefined && seq === undefined)
      return (await this.visible(actor, membership, messageId)).seq;
    throw new DomainError(
      'payload_invalid',
      'A receipt names a message by seq or by messageId, not by both.',
    );
  }

  private async visible(actor: Actor, membership: Membership, messageId: string) {
    const message = await this.reader.find(membership.conversationId, messageId);
    const joinedSeq = membership.get(actor.userId)?.joinedSeq ?? Infinity;
    if (!message || message.seq <= joinedSeq) throw new DomainError('message_not_found');
    return message;
  }
}
