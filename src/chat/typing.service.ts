import { Injectable } from '@nestjs/common';
import { LIMITS } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DeliveryService } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import { MembershipService } from '../conversations/membership.service';
import { ContactsService } from '../users/contacts.service';
import type { TypingDto } from './messages.dto';

/** Who is writing just now: told and forgotten, never stored. */
@Injectable()
export class TypingService {
  constructor(
    private readonly memberships: MembershipService,
    private readonly contacts: ContactsService,
    private readonly delivery: DeliveryService,
  ) {}

  /** Tells the others; in a large group nobody is told, and across a block neither. */
  async set(actor: Actor, { conversationId, on }: TypingDto): Promise<void> {
    const { userId } = actor;
    const membership =
      this.memberships.heldOf(conversationId, userId) ??
      (await this.memberships.require(conversationId, userId));
    if (membership.size > LIMITS.smallGroupMembers) return;
    const peerId = membership.peerOf(userId);
    if (peerId && (await this.contacts.isBlocked(userId, peerId))) return;
    const frame = Frame.push('typing.changed', { conversationId, userId, on });
    this.delivery.push({ to: membership.others(userId), frame });
  }
}
