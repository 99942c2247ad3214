import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationCreated } from '@parley/protocol';
import { LRUCache } from 'lru-cache';
import { DataSource, In } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { Together } from '../common/together';
import { ConversationEntity } from '../timeline/conversation.entity';
import { ContactsService } from '../users/contacts.service';
import { UsersService } from '../users/users.service';
import { toConversation } from './conversation-announcer';
import { DirectCreator, type Pair } from './direct-creator';

/** Pairs whose conversation is remembered, about 200 bytes each. */
const MAX_CACHED_PAIRS = 100_000;
/** After a start thousands may write at once to those whom they wrote to before. */
const LOOKS_AT_ONCE = 300;

/** Conversations of two: one per pair, made when first needed. */
@Injectable()
export class DirectConversationsService {
  private readonly ids = new LRUCache<string, string>({ max: MAX_CACHED_PAIRS });
  private readonly looks: Together<string, ConversationEntity | null>;

  constructor(
    @InjectDataSource() source: DataSource,
    private readonly creator: DirectCreator,
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
    const pair = pairOf(actor, userId);
    const known = this.ids.get(pair.key);
    if (known !== undefined) return known;
    // One that is there is found whatever has happened since: who sends checks that, and knows retries.
    const { conversation } = (await this.find(pair)) ?? (await this.make(pair));
    this.ids.set(pair.key, conversation.id);
    return conversation.id;
  }

  /** The pair's conversation; two who make it at once get the same. */
  async with(actor: Actor, userId: string): Promise<ConversationCreated> {
    const pair = pairOf(actor, userId);
    requireTwo(pair);
    await this.users.requireExisting([userId]);
    await this.requireNotBlocked(pair);
    const result = (await this.find(pair)) ?? (await this.make(pair));
    this.ids.set(pair.key, result.conversation.id);
    return result;
  }

  private async make(pair: Pair): Promise<ConversationCreated> {
    requireTwo(pair);
    await this.requireNotBlocked(pair);
    const made = (await this.creator.together(pair)) ?? (await this.find(pair));
    if (made) return made;
    // Most often there is no such account.
    await this.users.requireExisting([pair.peerId]);
    const result = (await this.creator.alone(pair)) ?? (await this.find(pair));
    if (!result) throw new DomainError('unavailable');
    return result;
  }

  private async find({ key }: Pair): Promise<ConversationCreated | null> {
    const row = await this.looks.ask(key);
    return row && { conversation: toConversation(row), duplicate: true };
  }

  private async requireNotBlocked({ userId, peerId }: Pair): Promise<void> {
    if (await this.contacts.isBlocked(userId, peerId)) throw new DomainError('blocked');
  }
}

function requireTwo({ userId, peerId }: Pair): void {
  if (userId === peerId) {
    throw new DomainError('payload_invalid', 'A direct conversation is with somebody else.');
  }
}

function pairOf({ userId }: Actor, peerId: string): Pair {
  return { userId, peerId, key: userId < peerId ? `${userId}:${peerId}` : `${peerId}:${userId}` };
}
