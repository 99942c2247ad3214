import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In } from 'typeorm';
import type { Progress } from '../common/commit';
import { DeliveryService } from '../connections/delivery.service';
import type { Filling, Gap } from '../connections/push-order';
import type { Membership } from '../conversations/membership';
import { MembershipService } from '../conversations/membership.service';
import { FOLLOWING } from '../database/following';
import { UnreadService } from '../receipts/unread.service';
import { ConversationEntity } from '../timeline/conversation.entity';
import { TimelineReader } from '../timeline/timeline-reader';
import { TimelineWriter } from '../timeline/timeline-writer';
import { GapPushes } from './gap-pushes';

/** New messages, and changed ones, that are pushed at once of one conversation; clients read the rest. */
const MAX_PUSHED = 200;

/** Reads what was committed without being told here, once for everybody who is connected. */
@Injectable()
export class GapFiller {
  constructor(
    @InjectDataSource(FOLLOWING) private readonly source: DataSource,
    private readonly reader: TimelineReader,
    private readonly memberships: MembershipService,
    private readonly delivery: DeliveryService,
    private readonly unread: UnreadService,
    private readonly writer: TimelineWriter,
  ) {}

  async fill(gaps: readonly Gap[]): Promise<Filling[]> {
    const filled = await this.source.transaction('REPEATABLE READ', (manager) => this.read(manager, gaps));
    // After the reading, so that who came with it is there; together, as there may be many.
    const memberships = await Promise.all(
      filled.map(({ changesMembers, conversationId }) => {
        return changesMembers
          ? this.memberships.renew(conversationId)
          : this.memberships.find(conversationId);
      }),
    );
    const fillings = filled.flatMap((pushes, i) => {
      const membership = memberships[i];
      return membership ? [this.filling(pushes, membership)] : [];
    });
    // What it read of this process's own may not have been answered yet.
    await this.writer.settled(gaps.map(({ conversationId }) => conversationId));
    return fillings;
  }

  private filling(pushes: GapPushes, membership: Membership): Filling {
    const { conversationId, through } = pushes;
    const tell = (end: Progress) => {
      for (const push of pushes.of(membership, end)) this.delivery.sendHere(push);
      if (pushes.changesUnread) this.unread.changedHere(conversationId, membership.everyone);
    };
    return { conversationId, through, tell };
  }

  private async read(manager: EntityManager, gaps: readonly Gap[]): Promise<GapPushes[]> {
    const heads = await manager.findBy(ConversationEntity, { id: In(gaps.map((gap) => gap.conversationId)) });
    const byId = new Map(heads.map((head) => [head.id, head]));
    const pushes = gaps.flatMap(({ conversationId, from, to }) => {
      const head = byId.get(conversationId);
      return head ? [new GapPushes(head, from, to ?? { version: head.version, seq: head.lastSeq })] : [];
    });
    const messages = await this.reader.between(manager, pushes, MAX_PUSHED);
    const pushesOf = new Map(pushes.map((each) => [each.conversationId, each]));
    for (const message of messages) pushesOf.get(message.conversationId)?.messages.push(message);
    const changed = pushes.filter(({ changesMembers }) => changesMembers);
    await Promise.all([
      ...changed.map((each) => each.readMembers(manager)),
      ...pushes.map((each) => each.readHidden(manager)),
    ]);
    return pushes;
  }
}
