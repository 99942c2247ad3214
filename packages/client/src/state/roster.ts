import type { Member, MemberReceipt, Receipt, Uuid } from '@parley/protocol';
import type { StoredConversation } from './stored';

export type Cursors = Pick<Receipt, 'deliveredSeq' | 'readSeq'>;

/** The members of a conversation that are known, and how far each has got. */
export class Roster {
  readonly #members = new Map<Uuid, Member>();
  readonly #gone = new Map<Uuid, number>();
  /** Apart from the members: a cursor may be told before who it belongs to. */
  readonly #cursors = new Map<Uuid, Cursors>();

  restore({ members, gone, receipts }: Pick<StoredConversation, 'members' | 'gone' | 'receipts'>): void {
    for (const member of members) this.merge(member);
    for (const [id, version] of gone) this.went(id, version);
    for (const receipt of receipts) this.moved(receipt);
  }

  get size(): number {
    return this.#members.size;
  }

  get goneSince(): [userId: Uuid, version: number][] {
    return [...this.#gone];
  }

  get receipts(): MemberReceipt[] {
    return [...this.#cursors].map(([userId, cursors]) => ({ userId, ...cursors }));
  }

  /** In the order in which they were told. */
  list(): Member[] {
    return [...this.#members.values()].map((member) => ({ ...member, ...this.#cursors.get(member.userId) }));
  }

  get(userId: Uuid): Member | undefined {
    return this.#members.get(userId);
  }

  cursorsOf(userId: Uuid): Cursors {
    return this.#cursors.get(userId) ?? { deliveredSeq: 0, readSeq: 0 };
  }

  merge(member: Member): void {
    if ((this.#gone.get(member.userId) ?? 0) > member.version) return;
    this.moved(member);
    const held = this.#members.get(member.userId);
    if (!held || held.version <= member.version) this.#members.set(member.userId, member);
  }

  went(userId: Uuid, version: number): void {
    if ((this.#members.get(userId)?.version ?? 0) > version) return;
    this.#members.delete(userId);
    this.#gone.set(userId, Math.max(version, this.#gone.get(userId) ?? 0));
  }

  /** Cursors merge by maximum; whether this one has moved. */
  moved({ userId, deliveredSeq, readSeq }: MemberReceipt): boolean {
    const known = this.cursorsOf(userId);
    if (deliveredSeq <= known.deliveredSeq && readSeq <= known.readSeq && this.#cursors.has(userId))
      return false;
    this.#cursors.set(userId, {
      deliveredSeq: Math.max(known.deliveredSeq, deliveredSeq),
      readSeq: Math.max(known.readSeq, readSeq),
    });
    return true;
  }

  /** Up to where everybody but this one has got; nobody else is there: 0. */
  reachedByOthers(userId: Uuid): Cursors {
    const others = [...this.#members.keys()].filter((id) => id !== userId).map((id) => this.cursorsOf(id));
    if (others.length === 0) return { deliveredSeq: 0, readSeq: 0 };
    return {
      deliveredSeq: Math.min(...others.map((cursors) => cursors.deliveredSeq)),
      readSeq: Math.min(...others.map((cursors) => cursors.readSeq)),
    };
  }
}
