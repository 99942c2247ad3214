import type { ConversationKind, MemberRole } from '@parley/protocol';
import type { Recipients, Sight } from '../connections/recipients';
import type { Viewer } from '../timeline/timeline-reader';

/** What deciding who may do and see what takes to know of a member. */
export interface CachedMember {
  role: MemberRole;
  joinedSeq: number;
  /** The conversation's version at the last change of this member. */
  version: number;
}

/**
 * Who is in a conversation now.
 *
 * The object stays current while it is held: changes are applied to it in place after their commit, so
 * that a push that follows an append goes to who is a member then, without another look.
 */
export class Membership {
  /** The latest joining: every member sees messages after it. */
  private latestJoin = 0;
  /** All members, as they are when they are asked for. */
  readonly everyone: Recipients;

  constructor(
    readonly conversationId: string,
    readonly kind: ConversationKind,
    private readonly members: Map<string, CachedMember>,
    /** The conversation's version at the last change of its members that this knows of. */
    private known: number,
  ) {
    for (const { joinedSeq } of members.values()) this.latestJoin = Math.max(this.latestJoin, joinedSeq);
    this.everyone = {
      get size() {
        return members.size;
      },
      sight: {},
      has: (userId) => members.has(userId),
      [Symbol.iterator]: () => members.keys(),
    };
  }

  get version(): number {
    return this.known;
  }

  get size(): number {
    return this.members.size;
  }

  get(userId: string): CachedMember | undefined {
    return this.members.get(userId);
  }

  /** What somebody can see; who is no member sees nothing. */
  viewer(userId: string): Viewer {
    return { userId, joinedSeq: this.members.get(userId)?.joinedSeq ?? Number.MAX_SAFE_INTEGER };
  }

  /** The members who may see the message of a number, as it was told with a version. */
  seeing(seq: number, version?: number): Recipients {
    return this.seen(seq > this.latestJoin ? {} : { seq }, version);
  }

  /**
   * Members by what they can see, as they are whenever they are asked for: who has gone is told nothing
   * that waited meanwhile, and neither is who came or changed after the version. Those read what is missing.
   */
  seen(sight: Sight, version = Infinity): Recipients {
    return new SeeingMembers(this.members, sight, version);
  }

  /** The members who may see the message of a number, but not an earlier one; null: there are none. */
  seeingWithout(seq: number, earlierSeq: number, version?: number): Recipients | null {
    if (earlierSeq > this.latestJoin) return null;
    const some = this.seen({ seq, notSeq: earlierSeq }, version);
    for (const _ of some) return some;
    return null;
  }

  /** The members but for one. */
  others(userId: string): Recipients {
    return new Set([...this.members.keys()].filter((id) => id !== userId));
  }

  /** The other person of a direct conversation. */
  peerOf(userId: string): string | undefined {
    if (this.kind !== 'direct') return undefined;
    for (const id of this.members.keys()) if (id !== userId) return id;
    return undefined;
  }

  /** Takes over what was read anew. */
  replaceBy(newer: Membership): void {
    this.members.clear();
    this.latestJoin = 0;
    this.apply(newer.version, newer.members);
  }

  /** Takes over what was committed with a version; null is somebody who has gone. */
  apply(version: number, changes: Iterable<[userId: string, member: CachedMember | null]>): void {
    this.known = Math.max(this.known, version);
    for (const [userId, member] of changes) {
      if (!member) this.members.delete(userId);
      else {
        this.members.set(userId, member);
        this.latestJoin = Math.max(this.latestJoin, member.joinedSeq);
      }
    }
  }
}

/** Of the members those who see something. Asked for with every message, so it keeps no closures. */
class SeeingMembers implements Iterable<string> {
  constructor(
    private readonly members: ReadonlyMap<string, CachedMember>,
    readonly sight: Sight,
    private readonly version: number,
  ) {}

  get size(): number {
    return this.members.size;
  }

  has(userId: string): boolean {
    const member = this.members.get(userId);
    return member !== undefined && this.sees(userId, member);
  }

  [Symbol.iterator](): IterableIterator<string> {
    const seeing: string[] = [];
    for (const [userId, member] of this.members) if (this.sees(userId, member)) seeing.push(userId);
    return seeing.values();
  }

  private sees(userId: string, { joinedSeq, version }: CachedMember): boolean {
    const { seq = Infinity, notSeq = -1, except } = this.sight;
    return (
      joinedSeq < seq && joinedSeq >= notSeq && version <= this.version && except?.includes(userId) !== true
    );
  }
}
