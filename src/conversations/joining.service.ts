import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { InviteAccepted, InvitePreview } from '@parley/protocol';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { ConversationChange } from '../timeline/conversation-change';
import { ConversationEntity } from '../timeline/conversation.entity';
import { MemberEntity } from '../timeline/member.entity';
import { TimelineWriter } from '../timeline/timeline-writer';
import { ContactsService } from '../users/contacts.service';
import { UsersService } from '../users/users.service';
import { type Committed, ConversationAnnouncer, toConversation } from './conversation-announcer';
import { type InviteRow, InviteRows } from './invite-rows';
import { hashOfInvite } from './invite-token';
import { MembershipService } from './membership.service';
import { takeIn } from './take-in';

/** Coming into a group by an invite, for whoever has its token. */
@Injectable()
export class JoiningService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly writer: TimelineWriter,
    private readonly memberships: MembershipService,
    private readonly announcer: ConversationAnnouncer,
    private readonly users: UsersService,
    private readonly contacts: ContactsService,
  ) {}

  /** What somebody would come into; refused as coming in would be. */
  async preview(actor: Actor, token: string): Promise<InvitePreview> {
    const { manager } = this.source;
    const invite = await requireInvite(manager, token);
    const { conversationId: id, createdBy, expiresAt } = invite;
    const isMember = await this.mayCome(manager, actor, invite);
    const conversation = await manager.findOneByOrFail(ConversationEntity, { id });
    return {
      title: conversation.title,
      memberCount: conversation.memberCount,
      historyVisible: conversation.historyVisible,
      creator: await this.users.require(createdBy),
      expiresAt: expiresAt?.toISOString() ?? null,
      conversationId: isMember ? id : null,
    };
  }

  /** Comes in; who is in already stays as they are, whatever has become of the invite. */
  async accept(actor: Actor, token: string): Promise<InviteAccepted> {
    const invite = await requireInvite(this.source.manager, token);
    const { conversationId } = invite;
    // Before the group is locked: many may come by a link that is over.
    await this.mayCome(this.source.manager, actor, invite);
    // Held before the change, so that what is committed shows in it at once.
    const membership = await this.memberships.find(conversationId);
    if (!membership) throw new DomainError('invite_invalid', undefined, { reason: 'unknown' });
    const { conversation, committed } = await this.writer.change(actor, conversationId, async (change) => ({
      conversation: change.conversation,
      committed: await this.join(change, actor, token),
    }));
    if (committed) this.announcer.changed(membership, committed);
    return { conversation: toConversation(conversation), duplicate: committed === null };
  }

  /** Null: they are in already. */
  private async join(change: ConversationChange, actor: Actor, token: string): Promise<Committed | null> {
    const { manager } = change;
    // Again, now that nobody else can use or revoke it.
    const invite = await requireInvite(manager, token);
    if (await this.mayCome(manager, actor, invite)) return null;
    await new InviteRows(manager).use(invite.id, actor.userId);
    return takeIn(change, actor, { userIds: [actor.userId], invitedBy: invite.createdBy });
  }

  /** Whether they are in already; rejects for who may not come by this invite. */
  private async mayCome(
    manager: EntityManager,
    { userId }: Actor,
    { id, conversationId, createdBy, flaw }: InviteRow,
  ): Promise<boolean> {
    const member = await manager.findOneBy(MemberEntity, { conversationId, userId });
    if (member && !member.leftAt) return true;
    // Who has come by it before takes no place from anybody.
    const isCounted = flaw === 'used_up' && (await new InviteRows(manager).isUsedBy(id, userId));
    if (flaw && !isCounted) throw new DomainError('invite_invalid', undefined, { reason: flaw });
    if (member?.removedBy)
      throw new DomainError('forbidden', 'Who was removed from a group is brought back by its members only.');
    if (await this.contacts.isBlocked(userId, createdBy)) throw new DomainError('blocked');
    return false;
  }
}

async function requireInvite(manager: EntityManager, token: string): Promise<InviteRow> {
  const invite = await new InviteRows(manager).byToken(hashOfInvite(token));
  if (!invite) throw new DomainError('invite_invalid', undefined, { reason: 'unknown' });
  return invite;
}
