import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { Authority } from '../common/authority';
import { DomainError } from '../common/domain-error';
import { Together } from '../common/together';
import { DeliveryService } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import { ContactFeed } from './contact-feed';
import { lockPair, pairKey, requireBoth, writePair } from './contact-pairs';
import { type ContactChange, type ContactPair, changed, turned, viewOf } from './contact-state';
import type { ContactStandingDto } from './contacts.dto';
import { InvalidatedCache } from './invalidated-cache';

/** Friends held in memory over all users; a user's set weighs one more. */
const MAX_CACHED_FRIENDS = 500_000;
const MAX_CACHED_PAIRS = 200_000;
/** People whose friends are read by one statement. */
const FRIENDS_READ_AT_ONCE = 200;
/** After a start thousands may write to one another at once. */
const PAIRS_READ_AT_ONCE = 200;
const UUID_LENGTH = 36;

/** Changes that make or keep a row, for which both accounts must be there. */
const NEEDS_ACCOUNTS: readonly ContactChange[] = ['request', 'accept', 'block'];

/** Friends, requests and blocks. */
@Injectable()
export class ContactsService {
  /** Thousands may come at once, and each is announced to their friends. */
  private readonly friendReads = new Together<string, ReadonlySet<string>>(
    { most: FRIENDS_READ_AT_ONCE, weight: () => 1 },
    (userIds) => this.readFriends(userIds),
  );
  private readonly friends = new InvalidatedCache<ReadonlySet<string>>(
    { maxWeight: MAX_CACHED_FRIENDS, weight: (ids) => ids.size + 1 },
    (userId) => this.friendReads.ask(userId),
  );
  private readonly blocks = new InvalidatedCache<boolean>(
    { maxWeight: MAX_CACHED_PAIRS, weight: () => 1 },
    (key) => this.blockReads.ask(key),
  );
  private readonly blockReads = new Together<string, boolean>(
    { most: PAIRS_READ_AT_ONCE, weight: () => 1 },
    (keys) => this.readBlocked(keys),
  );

  private changes = 0;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly delivery: DeliveryService,
    private readonly feed: ContactFeed,
    private readonly authority: Authority,
  ) {
    // First of the listeners: those that follow may ask here.
    feed.onChange((a, b) => {
      this.changes++;
      this.friends.invalidate(a);
      this.friends.invalidate(b);
      this.blocks.invalidate(pairKey(a, b));
    });
  }

  /** Those with whom a friendship was accepted. */
  friendIds(userId: string): Promise<ReadonlySet<string>> {
    return this.friends.get(userId);
  }

  /** The friends of several, read anew; who has none is left out. */
  async friendsOf(userIds: readonly string[]): Promise<Map<string, string[]>> {
    const rows: { user_id: string; friends: string }[] = await this.source.query(
      `SELECT user_id, string_agg(contact_id::text, ',') AS friends
       FROM contact WHERE user_id = ANY($1::uuid[]) AND state = 'accepted' GROUP BY user_id`,
      [userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.friends.split(',')]));
  }

  /** Whether either has blocked the other. */
  isBlocked(a: string, b: string): Promise<boolean> {
    return this.blocks.get(pairKey(a, b));
  }

  /** The same, if it is in memory; asked for every direct message. */
  isBlockedHeld(a: string, b: string): boolean | undefined {
    return this.blocks.held(pairKey(a, b));
  }

  /** Grows with every change that is heard of: while it stands, what was asked for here holds. */
  get changeCount(): number {
    return this.changes;
  }

  /** Called once a change between two people is committed, here or on another node, within a second. */
  onChange(listener: (userIdA: string, userIdB: string) => void): void {
    this.feed.onChange(listener);
  }

  /** Does something about somebody; once more changes nothing. */
  async change(actor: Actor, contactId: string, change: ContactChange): Promise<ContactStandingDto> {
    const ids = { userId: actor.userId, contactId };
    if (actor.userId === contactId) {
      throw new DomainError('payload_invalid', 'Nobody is a contact of their own.');
    }
    const [before, after] = await this.source.transaction(async (manager) => {
      if (NEEDS_ACCOUNTS.includes(change)) await requireBoth(manager, ids);
      const pair = await lockPair(manager, ids);
      this.authority.require(actor);
      const next = changed(pair, change);
      if (next === pair) return [pair, pair];
      await writePair(manager, ids, pair, next);
      await this.feed.record(manager, actor.userId, [contactId]);
      return [pair, next];
    });
    if (after !== before) this.tell(actor.userId, contactId, before, after);
    return { userId: contactId, state: viewOf(after) };
  }

  /** Ends all that an account has with others, when it is deleted. */
  async removeAll(userId: string): Promise<void> {
    const rows = await this.source.transaction(async (manager) => {
      const deleted: { other: string; seen: boolean }[] = await manager.query(
        `WITH gone AS (
           DELETE FROM contact WHERE (user_id, contact_id) IN (
             SELECT user_id, contact_id FROM contact WHERE user_id = $1
             UNION ALL SELECT user_id, contact_id FROM contact WHERE contact_id = $1)
           RETURNING *)
         SELECT CASE user_id WHEN $1 THEN contact_id ELSE user_id END AS other,
           bool_or(user_id <> $1 OR state <> 'blocked') AS seen
         FROM gone GROUP BY 1`,
        [userId],
      );
      if (deleted.length > 0) {
        await this.feed.record(
          manager,
          userId,
          deleted.map((row) => row.other),
        );
      }
      return deleted;
    });
    this.feed.announce(
      userId,
      rows.map((row) => row.other),
    );
    const to = rows.filter((row) => row.seen).map((row) => row.other);
    if (to.length > 0)
      this.delivery.push({ to, frame: Frame.push('contact.changed', { userId, state: 'none' }) });
  }

  /** Each side hears how it stands now, if that has changed: being blocked is not told to a stranger. */
  private tell(userId: string, contactId: string, before: ContactPair, after: ContactPair): void {
    this.feed.announce(userId, [contactId]);
    this.push(userId, contactId, before, after);
    this.push(contactId, userId, turned(before), turned(after));
  }

  private push(to: string, about: string, before: ContactPair, after: ContactPair): void {
    const state = viewOf(after);
    if (state === viewOf(before)) return;
    this.delivery.push({ to: [to], frame: Frame.push('contact.changed', { userId: about, state }) });
  }

  private async readFriends(userIds: readonly string[]): Promise<ReadonlySet<string>[]> {
    const friends = await this.friendsOf(userIds);
    return userIds.map((userId) => new Set(friends.get(userId)));
  }

  private async readBlocked(keys: readonly string[]): Promise<boolean[]> {
    const rows: { place: string }[] = await this.source.query(
      `SELECT place FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS pair(a, b, place)
       WHERE EXISTS (SELECT FROM contact WHERE user_id = a AND contact_id = b AND state = 'blocked')
         OR EXISTS (SELECT FROM contact WHERE user_id = b AND contact_id = a AND state = 'blocked')`,
      [keys.map((key) => key.slice(0, UUID_LENGTH)), keys.map((key) => key.slice(UUID_LENGTH))],
    );
    const blocked = new Set(rows.map(({ place }) => Number(place) - 1));
    return keys.map((_, at) => blocked.has(at));
  }
}
