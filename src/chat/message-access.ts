import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor';
import { Authority } from '../common/authority';
import { DomainError } from '../common/domain-error';
import type { Membership } from '../conversations/membership';
import { MembershipService } from '../conversations/membership.service';
import type { MessageEntity } from '../timeline/message.entity';
import { TimelineReader } from '../timeline/timeline-reader';
import { ContactsService } from '../users/contacts.service';

/** What somebody can see and write to. */
@Injectable()
export class MessageAccess {
  constructor(
    private readonly memberships: MembershipService,
    private readonly contacts: ContactsService,
    private readonly reader: TimelineReader,
    private readonly authority: Authority,
  ) {}

  /** Refuses where the actor is no member, or may not write because of a block. */
  async requireWritable(actor: Actor, conversationId: string): Promise<void> {
    await this.requireNotBlocked(actor, await this.memberships.require(conversationId, actor.userId));
  }

  /** A block acts in direct conversations: nothing new passes there, in either direction. */
  requireNotBlocked({ userId }: Actor, membership: Membership): Promise<void> | undefined {
    const peerId = membership.peerOf(userId);
    // Nothing to wait for where it is known, which is almost always.
    if (!peerId || this.contacts.isBlockedHeld(userId, peerId) === false) return undefined;
    return this.refuseBlocked(userId, peerId);
  }

  /** How to ask again later whether the actor may still write: nothing to wait for unless contacts have changed. */
  recheck(actor: Actor, membership: Membership): () => Promise<void> | undefined {
    const { changeCount } = this.contacts;
    return () => {
      this.authority.require(actor);
      if (this.contacts.changeCount === changeCount) return undefined;
      return this.requireNotBlocked(actor, membership);
    };
  }

  /** A message that the actor can see. */
  async message(actor: Actor, conversationId: string, id: string): Promise<MessageEntity> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    const row = await this.reader.visible(conversationId, id, membership.viewer(actor.userId));
    if (!row) throw new DomainError('message_not_found');
    return row;
  }

  private async refuseBlocked(userId: string, peerId: string): Promise<void> {
    if (await this.contacts.isBlocked(userId, peerId)) throw new DomainError('blocked');
  }
}
