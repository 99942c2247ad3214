import { Injectable } from '@nestjs/common';
import type { Member, MemberRole } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { ConversationChange } from '../timeline/conversation-change';
import type { MemberEntity } from '../timeline/member.entity';
import { TimelineWriter } from '../timeline/timeline-writer';
import { ContactsService } from '../users/contacts.service';
import { UsersService } from '../users/users.service';
import { type Committed, ConversationAnnouncer } from './conversation-announcer';
import { memberOf, MemberRows } from './member-rows';
import type { Membership } from './membership';
import { MembershipService } from './membership.service';
import { holdersOf, type MemberAct, REMOVAL, requireMay } from './policy';
import { takeIn } from './take-in';

type Work<T extends Committed | null> = (
  change: ConversationChange,
  rows: MemberRows,
  actor: MemberEntity,
) => Promise<T>;

/** Who comes into a group, goes, and what they may do there. */
@Injectable()
export class MembersService {
  constructor(
    private readonly writer: TimelineWriter,
    private readonly memberships: MembershipService,
    private readonly announcer: ConversationAnnouncer,
    private readonly users: UsersService,
    private readonly contacts: ContactsService,
  ) {}

  /** Adds people; who is a member already stays as they are. */
  async add(actor: Actor, conversationId: string, userIds: readonly string[]): Promise<Member[]> {
    const { kind } = await this.memberships.require(conversationId, actor.userId);
    holdersOf('member.add', kind);
    const wanted = [...new Set(userIds)];
    await this.users.requireExisting(wanted);
    await this.requireInvitable(actor, wanted);
    const committed = await this.change(actor, conversationId, 'member.add', async (change, rows) => {
      const missing = await rows.missing(wanted);
      if (missing.length === 0) return null;
      return takeIn(change, actor, { userIds: missing });
    });
    return [...(committed?.members?.values() ?? [])].filter((member) => member !== null);
  }

  /** Takes somebody out; oneself: leaves. */
  async remove(actor: Actor, conversationId: string, userId: string): Promise<void> {
    if (userId === actor.userId) return this.leave(actor, conversationId);
    await this.change(actor, conversationId, 'member.remove', async (change, rows, { role }) => {
      const target = await rows.require(userId, 'member_not_found');
      requireMay(REMOVAL[target.role], { kind: change.conversation.kind, role });
      const entry = await change.record(actor.userId, { type: 'member.removed', userId });
      await rows.remove(target, entry.version, actor.userId);
      return { conversation: change.conversation, entry, members: new Map([[userId, null]]) };
    });
  }

  /** The last owner has to hand over first, unless nobody else is there. */
  async leave(actor: Actor, conversationId: string): Promise<void> {
    await this.change(actor, conversationId, 'member.leave', async (change, rows, own) => {
      if (own.role === 'owner' && change.conversation.memberCount > 1) await requireAnotherOwner(rows);
      return this.go(change, rows, own);
    });
  }

  /** Leaves whatever the role: ownership that would be left to nobody goes to the next in line. */
  async leaveForGood(actor: Actor, conversationId: string): Promise<void> {
    await this.change(actor, conversationId, 'member.leave', async (change, rows, own) => {
      if (own.role !== 'owner' || (await rows.ownerCount()) > 1) return null;
      const heir = await rows.heir(own.userId);
      return heir && this.handTo(change, rows, own, heir);
    });
    await this.change(actor, conversationId, 'member.leave', (change, rows, own) =>
      this.go(change, rows, own),
    );
  }

  async setRole(actor: Actor, conversationId: string, userId: string, role: MemberRole): Promise<Member> {
    let result: Member | null = null;
    const committed = await this.change(actor, conversationId, 'role.change', async (change, rows, own) => {
      const target = userId === own.userId ? own : await rows.require(userId, 'member_not_found');
      if (target.role === role) {
        result = memberOf(target);
        return null;
      }
      if (target.role === 'owner') await requireAnotherOwner(rows);
      const entry = await change.record(actor.userId, { type: 'role.changed', userId, role });
      const member = await rows.setRole(target, role, entry.version);
      return { conversation: change.conversation, entry, members: new Map([[userId, member]]) };
    });
    result ??= committed?.members?.get(userId) ?? null;
    if (!result) throw new DomainError('member_not_found');
    return result;
  }

  /** Makes somebody else owner, and the owner who asks an admin. */
  async handOver(actor: Actor, conversationId: string, userId: string): Promise<void> {
    await this.change(actor, conversationId, 'role.change', async (change, rows, own) => {
      if (userId === own.userId) return null;
      return this.handTo(change, rows, own, await rows.require(userId, 'member_not_found'));
    });
  }

  /** Whoever has blocked the one who asks, or is blocked by them, cannot be brought into a group by them. */
  async requireInvitable(actor: Actor, userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) {
      if (await this.contacts.isBlocked(actor.userId, userId)) {
        throw new DomainError('blocked', undefined, { userId });
      }
    }
  }

  private async go(change: ConversationChange, rows: MemberRows, own: MemberEntity): Promise<Committed> {
    const { userId } = own;
    const entry = await change.record(userId, { type: 'member.left', userId });
    await rows.remove(own, entry.version, null);
    return { conversation: change.conversation, entry, members: new Map([[userId, null]]) };
  }

  private async handTo(
    change: ConversationChange,
    rows: MemberRows,
    from: MemberEntity,
    to: MemberEntity,
  ): Promise<Committed> {
    const entry = await change.record(from.userId, { type: 'ownership.handed_over', userId: to.userId });
    const members = new Map([
      [to.userId, await rows.setRole(to, 'owner', entry.version)],
      [from.userId, await rows.setRole(from, 'admin', entry.version)],
    ]);
    return { conversation: change.conversation, entry, members };
  }

  /** Runs a change for a member who may make it, then tells of it; null means that nothing changed. */
  private async change<T extends Committed | null>(
    actor: Actor,
    conversationId: string,
    act: MemberAct,
    work: Work<T>,
  ): Promise<T> {
    const membership: Membership = await this.memberships.require(conversationId, actor.userId);
    holdersOf(act, membership.kind);
    const committed = await this.writer.change(actor, conversationId, async (change) => {
      const rows = new MemberRows(change);
      const own = await rows.require(actor.userId, 'conversation_not_found');
      requireMay(act, { kind: change.conversation.kind, role: own.role });
      return work(change, rows, own);
    });
    if (committed) this.announcer.changed(membership, committed);
    return committed;
  }
}

async function requireAnotherOwner(rows: MemberRows): Promise<void> {
  if ((await rows.ownerCount()) < 2) throw new DomainError('last_owner');
}
