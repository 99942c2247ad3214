import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Conversation, ConversationCreated, MemberRole, Message } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import { requestHash } from '../common/request-hash';
import { ConversationEntity } from '../timeline/conversation.entity';
import { TimelineWriter } from '../timeline/timeline-writer';
import { UsersService } from '../users/users.service';
import { ConversationAnnouncer, toConversation } from './conversation-announcer';
import type { CreateConversationDto } from './conversations.dto';
import { MemberRows } from './member-rows';
import { MembersService } from './members.service';
import { MembershipService } from './membership.service';
import { holdersOf, requireMay } from './policy';

/** Groups: making them, and what they are called. */
@Injectable()
export class GroupsService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly writer: TimelineWriter,
    private readonly memberships: MembershipService,
    private readonly announcer: ConversationAnnouncer,
    private readonly users: UsersService,
    private readonly members: MembersService,
  ) {}

  /** Makes a group of its maker, who owns it, and the members named; a retry with the same id makes no other. */
  async create(actor: Actor, input: CreateConversationDto): Promise<ConversationCreated> {
    const others = [...new Set(input.memberIds)].filter((id) => id !== actor.userId).sort();
    const id = input.id ?? newId();
    const title = input.title ?? null;
    const historyVisible = input.historyVisible ?? false;
    const hash = Buffer.from(requestHash('group', title, historyVisible, others), 'hex');
    const earlier = await this.findEarlier(actor, id, hash);
    if (earlier) return earlier;
    await this.users.requireExisting(others);
    await this.members.requireInvitable(actor, others);
    const row = Object.assign(new ConversationEntity(), {
      ...{ id, kind: 'group', title, directKey: null, createdBy: actor.userId, requestHash: hash },
      ...{ historyVisible, lastSeq: 0, version: 0 },
    });
    const entry = await this.insert(actor, row, others);
    if (entry) return { conversation: toConversation(row), duplicate: false };
    // Somebody was faster with this id.
    const made = await this.findEarlier(actor, id, hash);
    if (!made) throw new DomainError('unavailable');
    return made;
  }

  async changeTitle(actor: Actor, conversationId: string, title: string): Promise<Conversation> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    holdersOf('group.rename', membership.kind);
    const { conversation, entry } = await this.writer.change(actor, conversationId, async (change) => {
      const { role } = await new MemberRows(change).require(actor.userId, 'conversation_not_found');
      requireMay('group.rename', { kind: change.conversation.kind, role });
      if (change.conversation.title === title) return { conversation: change.conversation, entry: null };
      change.conversation.title = title;
      return {
        conversation: change.conversation,
        entry: await change.record(actor.userId, { type: 'title.changed', title }),
      };
    });
    if (entry) this.announcer.changed(membership, { conversation, entry, titleChanged: true });
    return toConversation(conversation);
  }

  private async insert(actor: Actor, row: ConversationEntity, others: string[]): Promise<Message | null> {
    const created = await this.writer.create(row, async (change) => {
      const entry = await change.record(actor.userId, { type: 'conversation.created', title: row.title });
      const roles = new Map<string, MemberRole>([[actor.userId, 'owner']]);
      for (const id of others) roles.set(id, 'member');
      const members = await new MemberRows(change).add(roles, { joinedSeq: 0, version: entry.version });
      return { entry, members };
    });
    if (!created) return null;
    this.announcer.made(row, created.members, created.entry);
    return created.entry;
  }

  private async findEarlier(
    actor: Actor,
    id: string,
    requestHash: Buffer,
  ): Promise<ConversationCreated | null> {
    const row = await this.source.manager.findOneBy(ConversationEntity, { id });
    if (!row) return null;
    if (row.createdBy !== actor.userId || !row.requestHash?.equals(requestHash))
      throw new DomainError('id_conflict');
    return { conversation: toConversation(row), duplicate: true };
  }
}
