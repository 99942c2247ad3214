import { Injectable } from '@nestjs/common';
import { LIMITS, type Page, type Readers, type ReadReceipt, type Receipt } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { PageQuery } from '../common/page-query.dto';
import { Unanswered } from '../common/unanswered';
import { DeliveryService } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import type { Membership } from '../conversations/membership';
import { MemberDirectoryService } from '../conversations/member-directory.service';
import { MembershipService } from '../conversations/membership.service';
import type { MemberEntity } from '../timeline/member.entity';
import { TimelineReader } from '../timeline/timeline-reader';
import { CursorWriter } from './cursor-writer';
import type { ReceiptTargetDto } from './receipts.dto';
import { UnreadService } from './unread.service';

type Cursor = 'delivered' | 'read';

/** How far each member has got: cursors that only move forward. */
@Injectable()
export class ReceiptsService {
  private readonly unanswered = new Unanswered();

  constructor(
    private readonly memberships: MembershipService,
    private readonly directory: MemberDirectoryService,
    private readonly reader: TimelineReader,
    private readonly unread: UnreadService,
    private readonly delivery: DeliveryService,
    private readonly cursors: CursorWriter,
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
    const { moment } = this.unread;
    const { receipt, moved, lastSeq } = await this.move(actor, conversationId, 'read', target, except);
    const read = { ...receipt, lastSeq };
    const unread = moved
      ? await this.unread.afterReading(read, moment, except)
      : await this.unread.beyond(read);
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
    const reached = await this.directory.reached(conversationId, message);
    return {
      seq: message.seq,
      readBy: reached.filter(({ hasRead }) => hasRead).map(({ userId }) => userId),
      deliveredTo: reached.map(({ userId }) => userId),
    };
  }

  private async move(
    actor: Actor,
    conversationId: string,
    cursor: Cursor,
    target: ReceiptTargetDto,
    except: string | undefined,
  ): Promise<{ receipt: Receipt; lastSeq: number; moved: boolean }> {
    const { userId } = actor;
    const membership =
      this.memberships.heldOf(conversationId, userId) ??
      (await this.memberships.require(conversationId, userId));
    const seq = await this.seqOf(actor, membership, target);
    // What is read has been delivered.
    const wanted = { conversationId, userId, deliveredSeq: seq, readSeq: cursor === 'read' ? seq : 0 };
    const store = () => this.cursors.move(wanted);
    const { result, mayHaveBeen } = await this.unanswered.run(conversationId + userId, store);
    const { deliveredSeq, readSeq, lastSeq, isFirst } = result;
    // The same once more is told once more: the process that stored it may have died before it told anybody.
    const isSame = seq >= (cursor === 'read' ? readSeq : deliveredSeq);
    const moved = result.moved || mayHaveBeen || (isSame && this.delivery.isShared);
    const receipt = { conversationId, userId, deliveredSeq, readSeq };
    if (moved && isFirst) this.tell(membership, receipt, except);
    return { receipt, lastSeq, moved };
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
