import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationKind, MemberRole } from '@parley/protocol';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';
import { Together } from '../common/together';
import { FOLLOWING } from '../database/following';
import { type CachedMember, Membership } from './membership';

/** Members held in memory over all conversations, about 150 bytes each. */
const MAX_CACHED_MEMBERS = 500_000;
/** Counts besides its members: what the cache of a conversation costs itself. */
const CONVERSATION_WEIGHT = 4;

type Reads = Together<string, Membership | null>;

class Loading {
  /** A change was committed meanwhile, so what is being read may be older. */
  stale = false;
  readonly promise: Promise<Membership | null>;

  constructor(run: (self: Loading) => Promise<Membership | null>) {
    this.promise = run(this);
  }
}

/** Who opens many conversations at once, or writes to many after a start, has them read together. */
const READ_AT_ONCE = 300;

/** Pairs of people, of whom it is looked up together whether they share a conversation. */
const PAIRS_READ_AT_ONCE = 1_000;

/** Who of some people shares a conversation with somebody. */
interface Acquaintance {
  readonly userId: string;
  readonly candidateIds: readonly string[];
}

interface MemberRow {
  id: string;
  kind: ConversationKind;
  user_id: string | null;
  role: MemberRole;
  joined_seq: string;
  version: string;
  members_version: string;
}

/** Who is in which conversation: asked for every frame, so kept in memory and current. */
@Injectable()
export class MembershipService {
  private readonly cache = new LRUCache<string, Membership>({
    maxSize: MAX_CACHED_MEMBERS,
    sizeCalculation: (membership) => membership.size + CONVERSATION_WEIGHT,
  });
  private readonly loading = new Map<string, Loading>();
  private readonly listeners: ((membership: Membership) => void)[] = [];
  private readonly reads: Reads;
  /** For telling what others have done: they have connections of their own. */
  private readonly followingReads: Reads;
  private readonly acquaintances: Together<Acquaintance, ReadonlySet<string>>;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @InjectDataSource(FOLLOWING) following: DataSource,
  ) {
    const together = { most: READ_AT_ONCE, weight: () => 1 };
    this.reads = new Together(together, (ids) => readAll(source, ids));
    this.followingReads = new Together(together, (ids) => readAll(following, ids));
    this.acquaintances = new Together(
      { most: PAIRS_READ_AT_ONCE, weight: ({ candidateIds }) => candidateIds.length },
      (asked) => readCoMembers(source, asked),
    );
  }

  /** The membership, if it is in memory and holds the user; otherwise `require` it. */
  heldOf(conversationId: string, userId: string): Membership | null {
    const cached = this.cache.get(conversationId);
    return cached?.get(userId) ? cached : null;
  }

  /** The membership, for who is in it; for everybody else there is no such conversation. */
  async require(conversationId: string, userId: string): Promise<Membership> {
    const cached = this.cache.get(conversationId);
    if (cached?.get(userId)) return cached;
    // Who is missing may have been added by another process a moment ago.
    const isNew = cached !== undefined && (await this.isMember(conversationId, userId));
    const membership = isNew
      ? await this.renew(conversationId)
      : (cached ?? (await this.load(conversationId)));
    if (!membership?.get(userId)) throw new DomainError('conversation_not_found');
    return membership;
  }

  /** Reads it again, if it is held: another process has changed it. */
  async renew(conversationId: string): Promise<Membership | null> {
    const loading = this.loading.get(conversationId);
    if (loading) loading.stale = true;
    return this.load(conversationId, this.followingReads);
  }

  /** The membership, for telling its members what another process has done. */
  async find(conversationId: string): Promise<Membership | null> {
    return this.cache.get(conversationId) ?? this.load(conversationId, this.followingReads);
  }

  /** Called with every membership that has become another one, or has been read. */
  onChanged(listener: (membership: Membership) => void): void {
    this.listeners.push(listener);
  }

  /** The membership, if it is in memory. */
  held(conversationId: string): Membership | null {
    return this.cache.get(conversationId) ?? null;
  }

  /** Takes over what was committed with a version. */
  apply(
    conversationId: string,
    version: number,
    changes: Iterable<[userId: string, member: CachedMember | null]>,
  ): void {
    const loading = this.loading.get(conversationId);
    if (loading) loading.stale = true;
    const membership = this.cache.get(conversationId);
    if (!membership) return;
    membership.apply(version, changes);
    this.weighAgain(conversationId, membership);
    this.tell(membership);
  }

  private weighAgain(conversationId: string, membership: Membership): void {
    this.cache.delete(conversationId);
    this.cache.set(conversationId, membership);
  }

  /** Which of the candidates share a conversation with the user; what many ask is put together. */
  coMembers(userId: string, candidateIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (candidateIds.length === 0) return Promise.resolve(new Set());
    return this.acquaintances.ask({ userId, candidateIds });
  }

  private async isMember(conversationId: string, userId: string): Promise<boolean> {
    const rows: unknown[] = await this.source.query(
      'SELECT 1 FROM member WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL',
      [conversationId, userId],
    );
    return rows.length > 0;
  }

  private load(conversationId: string, reads = this.reads): Promise<Membership | null> {
    const running = this.loading.get(conversationId);
    if (running && !running.stale) return running.promise;
    const loading = new Loading((self) => this.keep(conversationId, self, reads));
    this.loading.set(conversationId, loading);
    return loading.promise;
  }

  /** Reads until nothing was committed meanwhile; everybody who waits gets the one object that is kept. */
  private async keep(id: string, loading: Loading, reads: Reads): Promise<Membership | null> {
    try {
      const membership = await reads.ask(id);
      if (loading.stale) return this.cache.get(id) ?? (await this.load(id, reads));
      const cached = this.cache.get(id);
      if (!membership || !cached) {
        if (membership) {
          this.cache.set(id, membership);
          this.tell(membership);
        }
        return membership;
      }
      // Others hold it, and it has to stay current for them.
      cached.replaceBy(membership);
      this.weighAgain(id, cached);
      this.tell(cached);
      return cached;
    } finally {
      if (this.loading.get(id) === loading) this.loading.delete(id);
    }
  }

  private tell(membership: Membership): void {
    for (const listener of this.listeners) listener(membership);
  }
}

/** Conversations with their members, by one statement; null where there is none. */
async function readAll(source: DataSource, ids: readonly string[]): Promise<(Membership | null)[]> {
  const rows: MemberRow[] = await source.query(
    `SELECT c.id, c.kind, c.members_version, m.user_id, m.role, m.joined_seq, m.version
     FROM conversation c LEFT JOIN member m ON m.conversation_id = c.id AND m.left_at IS NULL
     WHERE c.id = ANY($1::uuid[])`,
    [ids],
  );
  const found = new Map<string, { first: MemberRow; members: Map<string, CachedMember> }>();
  for (const row of rows) {
    let one = found.get(row.id);
    if (!one) found.set(row.id, (one = { first: row, members: new Map() }));
    if (row.user_id) one.members.set(row.user_id, toCached(row));
  }
  return ids.map((id) => {
    const one = found.get(id);
    return one ? new Membership(id, one.first.kind, one.members, Number(one.first.members_version)) : null;
  });
}

function toCached({ role, joined_seq: joinedSeq, version }: MemberRow): CachedMember {
  return { role, joinedSeq: Number(joinedSeq), version: Number(version) };
}

/** For each who asks, those who share a conversation with them; by pairs, each of which is looked up by itself. */
async function readCoMembers(
  source: DataSource,
  asked: readonly Acquaintance[],
): Promise<ReadonlySet<string>[]> {
  const pairs = asked.flatMap(({ userId, candidateIds }, at) =>
    candidateIds.filter((id) => id !== userId).map((id) => ({ at, userId, id })),
  );
  const rows: { place: string }[] = await source.query(
    // OFFSET 0: the planner would join all pairs at once, and read the members of everybody for it.
    `SELECT place FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS pair(a, b, place)
     WHERE EXISTS (
       SELECT FROM member mine JOIN member other USING (conversation_id)
       WHERE mine.user_id = a AND mine.left_at IS NULL AND other.user_id = b AND other.left_at IS NULL OFFSET 0)`,
    [pairs.map(({ userId }) => userId), pairs.map(({ id }) => id)],
  );
  const found = asked.map(() => new Set<string>());
  for (const { place } of rows) {
    const pair = pairs[Number(place) - 1];
    if (pair) found[pair.at]?.add(pair.id);
  }
  return found;
}
