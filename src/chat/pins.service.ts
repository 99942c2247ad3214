import { Injectable } from '@nestjs/common';
import { LIMITS, type Message } from '@parley/protocol';
import { IsNull, Not } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { MembershipService } from '../conversations/membership.service';
import { MessageEntity } from '../timeline/message.entity';
import { TimelineReader } from '../timeline/timeline-reader';
import { MessageChanger, requireNotDeleted, type Target } from './message-changer';
import { NOW } from './message-rows';

/** Messages that a conversation keeps at hand. */
@Injectable()
export class PinsService {
  constructor(
    private readonly memberships: MembershipService,
    private readonly reader: TimelineReader,
    private readonly changer: MessageChanger,
  ) {}

  async set(actor: Actor, target: Target, on: boolean): Promise<Message> {
    return this.changer.change(actor, target, 'message.pin', async ({ manager, row }) => {
      requireNotDeleted(row);
      if (on === (row.pinnedAt !== null)) return null;
      if (!on) return { pinnedAt: null, pinnedBy: null };
      const { conversationId } = row;
      const pinned = await manager.countBy(MessageEntity, { conversationId, pinnedAt: Not(IsNull()) });
      if (pinned >= LIMITS.pins) throw new DomainError('pin_limit');
      return { pinnedAt: NOW, pinnedBy: actor.userId };
    });
  }

  /** Those that the actor can see, the latest pinned first. */
  async list(actor: Actor, conversationId: string): Promise<Message[]> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    return this.reader.pinned(conversationId, membership.viewer(actor.userId));
  }
}
