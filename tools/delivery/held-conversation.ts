import type {
  Changes,
  Conversation,
  ConversationSummary,
  Member,
  MemberChange,
  Message,
  Receipt,
  Unread,
} from '@parley/protocol';
import type { ConversationView } from './conversation-view';
import { newer, quoteOf } from './quotes';
import { UnreadCount } from './unread-count';
import { type Place, VersionLine } from './version-line';

type Cursors = Pick<Receipt, 'deliveredSeq' | 'readSeq'>;

/** As it is stored: a conversation as plain data. */
export interface StoredConversation {
  conversation: Conversation;
  titleSeq: number;
  joinedSeq: number;
  place: Place;
  isStale: boolean;
  count: Omit<Unread, 'conversationId'>;
  members: Member[];
  gone: [userId: string, version: number][];
  cursors: [userId: string, Cursors][];
  messages: Message[];
  hidden: [id: string, seq: number][];
}

/** A conversation as one client holds it, merged from pages and pushes in whatever order they come. */
export class HeldConversation {
  readonly line: VersionLine;
  /** Something may be missing that no gap shows: it is to be read before it is relied on. */
  isStale = true;
  private readonly conversation: Conversation;
  private titleSeq: number;
  private readonly count: UnreadCount;
  private readonly members = new Map<string, Member>();
  private readonly gone = new Map<string, number>();
  /** Apart from the members: a cursor may be told before who it belongs to. */
  private readonly cursors = new Map<string, Cursors>();
  private readonly messages = new Map<string, Message>();
  private readonly hidden = new Map<string, number>();
  /** Ids of the messages that answer a message. */
  private readonly replies = new Map<string, Set<string>>();
  /** Seqs of entries whose version takes another push to be complete. */
  private readonly entries = new Map<number, number>();

  private constructor(
    private readonly userId: string,
    readonly stored: Omit<
      StoredConversation,
      'members' | 'gone' | 'cursors' | 'messages' | 'hidden' | 'isStale'
    >,
  ) {
    this.conversation = { ...stored.conversation };
    this.titleSeq = stored.titleSeq;
    this.line = new VersionLine({ ...stored.place });
    this.count = new UnreadCount(stored.count);
  }

  /** One that was not held before, as `sync` or `conversation.created` tell of it. */
  static begin(
    userId: string,
    told: Conversation,
    own: Pick<Member, 'joinedSeq' | 'readSeq'> & Partial<Unread>,
  ): HeldConversation {
    const { joinedSeq, readSeq, unread = 0, unreadMentions = 0 } = own;
    const { id, kind, title, historyVisible, lastSeq, version, memberCount, createdAt } = told;
    // Without a count nothing has been counted yet: messages after the cursor are, as they come.
    const from = own.unread === undefined ? Math.max(joinedSeq, readSeq) : lastSeq;
    return new HeldConversation(userId, {
      conversation: { id, kind, title, historyVisible, lastSeq, version, memberCount, createdAt },
      ...{ titleSeq: lastSeq, joinedSeq, place: { version: 0, seq: 0 } },
      count: { unread, unreadMentions, readSeq, lastSeq: from },
    });
  }

  static restore(userId: string, stored: StoredConversation): HeldConversation {
    const held = new HeldConversation(userId, stored);
    held.isStale = stored.isStale;
    held.line.isWhole = !stored.isStale;
    for (const member of stored.members) held.members.set(member.userId, member);
    for (const [id, version] of stored.gone) held.gone.set(id, version);
    for (const [id, cursors] of stored.cursors) held.cursors.set(id, cursors);
    for (const [id, seq] of stored.hidden) held.hidden.set(id, seq);
    for (const message of stored.messages) held.mergeMessage(message);
    return held;
  }

  get id(): string {
    return this.conversation.id;
  }

  get joinedSeq(): number {
    return this.stored.joinedSeq;
  }

  get needsReading(): boolean {
    return this.isStale || this.line.hasGap;
  }

  get own(): Member | undefined {
    return this.members.get(this.userId);
  }

  get kind(): Conversation['kind'] {
    return this.conversation.kind;
  }

  get lastSeq(): number {
    return this.conversation.lastSeq;
  }

  get memberIds(): string[] {
    return [...this.members.keys()];
  }

  /** Those that are shown, in no order. */
  get shown(): Iterable<Message> {
    return this.messages.values();
  }

  get ownReadSeq(): number {
    return this.cursors.get(this.userId)?.readSeq ?? 0;
  }

  /** What a list of conversations says of it. */
  summarised(summary: ConversationSummary): void {
    this.told(summary);
    this.moved({ userId: this.userId, ...summary });
    this.counted(summary);
  }

  /** Its title and size; of two the later one is right. */
  told({ title, memberCount, lastSeq, version }: Conversation): void {
    this.entitled(title, lastSeq);
    if (version >= this.conversation.version) Object.assign(this.conversation, { version, memberCount });
    this.conversation.lastSeq = Math.max(this.conversation.lastSeq, lastSeq);
  }

  /** A new or changed message, pushed or answered. */
  arrived(message: Message, isNew: boolean): void {
    this.mergeMessage(message);
    const { kind, version, seq } = message;
    const isWhole = !isNew || kind !== 'system' || message.metadata?.type === 'conversation.created';
    // Who came, or the new title, is told right after the entry: without it the version is not all there.
    if (isWhole) this.line.arrived(version, isNew ? seq : 0);
    else this.entries.set(version, seq);
  }

  membersChanged({
    version,
    changes,
    memberCount,
  }: {
    version: number;
    changes: MemberChange[];
    memberCount: number;
  }): void {
    for (const { userId, member } of changes) {
      if (member) this.mergeMember(member);
      else this.went(userId, version);
    }
    if (version >= this.conversation.version) Object.assign(this.conversation, { version, memberCount });
    this.complete(version);
  }

  conversationChanged(version: number, conversation: Conversation): void {
    this.told(conversation);
    this.complete(version);
  }

  /** A page of what has changed; the newest seq that is held without a gap after it is returned. */
  changed(page: Changes): void {
    for (const message of page.messages) this.mergeMessage(message);
    for (const member of page.members) this.mergeMember(member);
    for (const { userId, version } of page.gone) this.went(userId, version);
    for (const receipt of page.receipts) this.moved(receipt);
    if (page.more) return;
    const { version } = this.conversation;
    if (page.through >= version) {
      Object.assign(this.conversation, { version: page.through, memberCount: this.members.size });
    }
  }

  mergeMessage(message: Message): void {
    if (message.seq <= this.joinedSeq || this.hidden.has(message.id)) return;
    this.conversation.lastSeq = Math.max(this.conversation.lastSeq, message.seq);
    if (message.kind === 'system' && message.metadata?.type === 'title.changed') {
      this.entitled(message.metadata.title as string, message.seq);
    }
    const held = this.messages.get(message.id);
    const shown = held && held.version > message.version ? held : message;
    const quote = newer(held?.quote ?? null, message.quote);
    const original = message.replyTo === null ? undefined : this.messages.get(message.replyTo);
    const renewed = quote && original ? newer(quote, quoteOf(original)) : quote;
    this.messages.set(message.id, { ...shown, quote: renewed });
    if (message.replyTo !== null) {
      this.replies.set(message.replyTo, (this.replies.get(message.replyTo) ?? new Set()).add(message.id));
    }
    if (shown === message) this.renewQuotes(message);
  }

  /** Deleted by me for me, on whatever device. */
  hide(id: string, seq: number): void {
    this.hidden.set(id, seq);
    this.messages.delete(id);
  }

  moved({ userId, deliveredSeq, readSeq }: Cursors & { userId: string }): void {
    const known = this.cursors.get(userId);
    this.cursors.set(userId, {
      deliveredSeq: Math.max(known?.deliveredSeq ?? 0, deliveredSeq),
      readSeq: Math.max(known?.readSeq ?? 0, readSeq),
    });
  }

  counted(unread: Omit<Unread, 'conversationId'>): void {
    this.count.take(unread, this.ownReadSeq);
    this.conversation.lastSeq = Math.max(this.conversation.lastSeq, unread.lastSeq);
  }

  view(): ConversationView {
    const { id, kind, title, historyVisible, memberCount, lastSeq } = this.conversation;
    return {
      ...{ id, kind, title, historyVisible, memberCount, lastSeq, joinedSeq: this.joinedSeq },
      ...this.count.of(this.userId, this.messages.values()),
      members: new Map(
        [...this.members].map(([user, member]) => [user, { ...member, ...this.cursors.get(user) }]),
      ),
      messages: this.messages,
    };
  }

  toJSON(): StoredConversation {
    return {
      ...{ conversation: this.conversation, titleSeq: this.titleSeq, joinedSeq: this.joinedSeq },
      ...{
        place: this.line.place,
        isStale: this.needsReading || !this.line.isWhole,
        count: this.count.toJSON(),
      },
      members: [...this.members.values()],
      gone: [...this.gone],
      cursors: [...this.cursors],
      messages: [...this.messages.values()],
      hidden: [...this.hidden],
    };
  }

  private mergeMember(member: Member): void {
    if ((this.gone.get(member.userId) ?? 0) > member.version) return;
    this.moved(member);
    const held = this.members.get(member.userId);
    if (!held || held.version <= member.version) this.members.set(member.userId, member);
  }

  private went(userId: string, version: number): void {
    if ((this.members.get(userId)?.version ?? 0) > version) return;
    this.members.delete(userId);
    this.gone.set(userId, Math.max(version, this.gone.get(userId) ?? 0));
  }

  private complete(version: number): void {
    this.line.arrived(version, this.entries.get(version));
    for (const entry of this.entries.keys()) if (entry <= version) this.entries.delete(entry);
  }

  private entitled(title: string | null, seq: number): void {
    if (seq < this.titleSeq) return;
    this.titleSeq = seq;
    this.conversation.title = title;
  }

  private renewQuotes(original: Message): void {
    for (const id of this.replies.get(original.id) ?? []) {
      const reply = this.messages.get(id);
      if (reply?.quote) this.messages.set(id, { ...reply, quote: newer(reply.quote, quoteOf(original)) });
    }
  }
}
