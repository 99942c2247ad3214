import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationCreated } from '@parley/protocol';
import { LRUCache } from 'lru-cache';
import { DataSource, In } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import { Together } from '../common/together';
import { ConversationEntity } from '../timeline/conversation.entity';
import { TimelineWriter } from '../timeline/timeline-writer';
import { ContactsService } from '../users/contacts.service';
import { UsersService } from '../users/users.service';
import { ConversationAnnouncer, toConversation } from './conversation-announcer';
import { MemberRows } from './member-rows';

/** Pairs whose conversation is remembered, about 200 bytes each. */
const MAX_CACHED_PAIRS = 100_000;
/** After a start thousands may write at once to those whom they wrote to before. */
const LOOKS_AT_ONCE = 100;

/** Conversations of two: one per pair, made when first needed. */
@Injectable()
export class DirectConversationsService {
  private readonly ids = new LRUCache<string, string>({ max: MAX_CACHED_PAIRS });
  private readonly looks: Together<string, ConversationEntity | null>;

  constructor(
    @InjectDataSource() source: DataSource,
    private readonly writer: TimelineWriter,
    private readonly announcer: ConversationAnnouncer,
    private readonly users: UsersService,
    private readonly contacts: ContactsService,
  ) {
    this.looks = new Together({ most: LOOKS_AT_ONCE, weight: () => 1 }, async (keys) => {
      const rows = await source.manager.findBy(ConversationEntity, { directKey: In([...keys]) });
      const byKey = new Map(rows.map((row) => [row.directKey, row]));
      return keys.map((key) => byKey.get(key) ?? null);
    });
  }

  /** The id of the pair's conversation, made if there is none. */
  async idWith(actor: Actor, userId: string): Promise<string> {
    const key = directKey(actor.userId, userId);
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    // One that is there is found whatever has happened since: who sends checks that, and knows retries.
    const { conversation } = (await this.find(key)) ?? (await this.with(actor, userId));
    this.ids.set(key, conversation.id);
    return conversation.id;
  }

  /** The pair's conversation; two who make it at once get the same. */
  async with(actor: Actor, userId: string): Promise<ConversationCreated> {
    if (userId === actor.userId) {
      throw new DomainError('payload_invalid', 'A direct conversation is with somebody else.');
    }
    await this.users.requireExisting([userId]);
    if (await this.contacts.isBlocked(actor.userId, userId)) throw new DomainError('blocked');
    const key = directKey(actor.userId, userId);
    const found = await this.find(key);
    const result = found ?? (await this.create(actor, userId, key)) ?? (await this.find(key));
    if (!result) throw new DomainError('unavailable');
    this.ids.set(key, result.conversation.id);
    return result;
  }

  private async find(key: string): Promise<ConversationCreated | null> {
    const row = await this.looks.ask(key);
    return row && { conversation: toConversation(row), duplicate: true };
  }

  private async create(actor: Actor, userId: string, key: string): Promise<ConversationCreated | null> {
    const row = new ConversationEntity();
    Object.assign(row, { id: newId(), kind: 'direct', title: null, directKey: key, createdBy: actor.userId });
    Object.assign(row, { historyVisible: true, lastSeq: 0, version: 0 });
    const members = await this.writer.create(row, async (change) => {
      const version = ++row.version;
      const rows = new MemberRows(change);
      return rows.add(new Map([actor.userId, userId].map((id) => [id, 'member'])), { joinedSeq: 0, version });
    });
    if (!members) return null;
    this.announcer.made(row, members);
    return { conversation: toConversation(row), duplicate: false };
  }
}

function directKey(a: string, b: string): string {
  return a < b ? `${a}:${b}` : `${b}:${a}`;
}
