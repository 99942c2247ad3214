import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Invite, INVITE_SECONDS, type InviteMade, LIMITS, type User } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import type { ConversationChange } from '../timeline/conversation-change';
import { TimelineWriter } from '../timeline/timeline-writer';
import { UsersService } from '../users/users.service';
import { type InviteRow, InviteRows } from './invite-rows';
import { hashOfInvite, newInviteToken } from './invite-token';
import type { CreateInviteDto } from './invites.dto';
import { MemberRows } from './member-rows';
import { MembershipService } from './membership.service';
import { holdersOf, requireMay } from './policy';

/** The invites of a group, for those who may add people to it. */
@Injectable()
export class InvitesService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly writer: TimelineWriter,
    private readonly memberships: MembershipService,
    private readonly users: UsersService,
  ) {}

  /** Makes one; its token is told here and stored nowhere. */
  async create(actor: Actor, conversationId: string, input: CreateInviteDto): Promise<InviteMade> {
    const token = newInviteToken();
    const row = await this.change(actor, conversationId, async (invites) => {
      await invites.purge(conversationId);
      if ((await invites.good(conversationId)).length >= LIMITS.invites)
        throw new DomainError('invite_limit');
      const { expiresIn = INVITE_SECONDS, maxUses = null } = input;
      const made = { id: newId(), conversationId, createdBy: actor.userId, maxUses };
      return invites.insert(made, hashOfInvite(token), expiresIn);
    });
    return { ...toInvite(row, await this.users.require(actor.userId)), token };
  }

  /** Those that can be used, the latest first. */
  async list(actor: Actor, conversationId: string): Promise<Invite[]> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    const { role = 'member' } = membership.get(actor.userId) ?? {};
    requireMay('invite.manage', { kind: membership.kind, role });
    const rows = await new InviteRows(this.source.manager).good(conversationId);
    const users = await this.users.findMany(rows.map(({ createdBy }) => createdBy));
    return rows.map((row) => toInvite(row, users.get(row.createdBy)));
  }

  /** Once it is answered, nobody comes by it any more. */
  async revoke(actor: Actor, conversationId: string, id: string): Promise<void> {
    const isThere = await this.change(actor, conversationId, (invites) => invites.revoke(conversationId, id));
    if (!isThere) throw new DomainError('invite_invalid', undefined, { reason: 'unknown' });
  }

  /** Under the conversation's lock, as who comes by an invite is let in. */
  private async change<T>(
    actor: Actor,
    conversationId: string,
    work: (invites: InviteRows) => Promise<T>,
  ): Promise<T> {
    const { kind } = await this.memberships.require(conversationId, actor.userId);
    holdersOf('invite.manage', kind);
    return this.writer.change(actor, conversationId, async (change: ConversationChange) => {
      const { role } = await new MemberRows(change).require(actor.userId, 'conversation_not_found');
      requireMay('invite.manage', { kind, role });
      return work(new InviteRows(change.manager));
    });
  }
}

function toInvite(row: InviteRow, creator: User | undefined): Invite {
  if (!creator) throw new Error(`the maker of invite ${row.id} has no account`);
  const { id, conversationId, createdAt, expiresAt, maxUses, uses } = row;
  return {
    ...{ id, conversationId, creator, maxUses, uses },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}
