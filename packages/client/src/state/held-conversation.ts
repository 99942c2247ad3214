import {
  type Changes,
  type Conversation,
  type ConversationSummary,
  LIMITS,
  type Member,
  type MemberReceipt,
  type Message,
  type ServerEvents,
  type Uuid,
} from '@parley/protocol';
import { begun, ConversationHead } from './conversation-head';
import type { ConversationState } from './conversation-state';
import { Roster } from './roster';
import type { StoredConversation, StoredHead } from './stored';
import { firstAfter, Timeline } from './timeline';
import type { Count } from './unread-count';
import { VersionLine } from './version-line';

/** How many messages of a conversation that nobody looks at are held. */
const MOST_UNLOOKED_AT = 400;

/** A conversation as this client holds it, merged from pages and pushes in whatever order they come. */
export class HeldConversation {
  readonly timeline: Timeline;
  readonly roster = new Roster();
  readonly line: VersionLine;
  /** Something may be missing that no gap shows: it is to be read before it is shown. */
  isStale = false;
  /** Its messages are being read, or have been: then a list of conversations does not say where they end. */
  isBegun = false;
  /** They have been. */
  isRead = false;
  /** The list has to be asked what it says of it: a count, or the last message, is not known. */
  wantsSummary = false;
  /** What the list says of it is known. */
  isListed = true;
  /** How many look at it. */
  watchers = 0;
  /** While older messages are being read. */
  loadingOlder: Promise<void> | null = null;
  readonly #head: ConversationHead;
  /** The members have been read from the start; of large groups only some are held. */
  #hasAllMembers = false;
  /** Seqs of entries whose version takes another push to be complete. */
  readonly #entries = new Map<number, number>();
  #shown: ConversationState | null = null;

  private constructor(
    private readonly userId: Uuid,
    stored: StoredHead,
    floor: number,
  ) {
    const { version, lastSeq } = stored.conversation;
    this.#head = new ConversationHead(stored);
    this.timeline = new Timeline(floor);
    this.line = new VersionLine({ version, seq: lastSeq }, true);
  }

  /** One that was not held before, as a list of conversations tells of it: its messages are not held yet. */
  static listed(userId: Uuid, summary: ConversationSummary): HeldConversation {
    const { lastSeq, unread, unreadMentions, readSeq } = summary;
    const count = { unread, unreadMentions, readSeq, lastSeq };
    const held = new HeldConversation(userId, { ...begun(summary, summary), count }, lastSeq);
    held.summarised(summary);
    return held;
  }

  /** One that `conversation.created` tells of, which is about me alone: the list knows the rest. */
  static created(userId: Uuid, conversation: Conversation, member: Member): HeldConversation {
    const held = new HeldConversation(userId, begun(conversation, member), conversation.lastSeq);
    held.roster.merge(member);
    held.isListed = false;
    held.wantsSummary = true;
    return held;
  }

  static restore(userId: Uuid, stored: StoredConversation): HeldConversation {
    const held = new HeldConversation(userId, stored, stored.floor);
    ({ isRead: held.isRead, isStale: held.isStale, hasAllMembers: held.#hasAllMembers } = stored);
    held.isBegun = held.isRead;
    held.line.reached(stored.place, !stored.isStale);
    held.roster.restore(stored);
    for (const [id, seq] of stored.hidden) held.timeline.hide(id, seq);
    for (const message of stored.messages) held.timeline.merge(message);
    return held;
  }

  get id(): Uuid {
    return this.#head.data.conversation.id;
  }

  get joinedSeq(): number {
    return this.#head.data.joinedSeq;
  }

  get lastSeq(): number {
    return this.#head.data.conversation.lastSeq;
  }

  get own(): Member | undefined {
    return this.roster.get(this.userId);
  }

  isMine({ senderId }: Message): boolean {
    return senderId === this.userId;
  }

  get isLarge(): boolean {
    return this.#head.data.conversation.memberCount > LIMITS.smallGroupMembers;
  }

  /** One that nobody looks at may be behind, as long as what the list shows is right. */
  get needsReading(): boolean {
    const isShown = this.watchers > 0;
    return this.line.hasGap || this.wantsSummary || (isShown && (this.isStale || !this.isRead));
  }

  get hasOlder(): boolean {
    return this.timeline.floor > this.joinedSeq;
  }

  /** Those that are shown: while something is missing, up to where nothing is. */
  get messages(): readonly Message[] {
    const { list } = this.timeline;
    const isWhole = this.line.isWhole && !this.line.hasGap;
    const end = isWhole ? list.length : firstAfter(list, this.line.place.seq);
    return end === list.length ? list : list.slice(0, end);
  }

  /** What a list of conversations says of it. */
  summarised(summary: ConversationSummary): void {
    const { version, lastSeq, readSeq, unread, unreadMentions, lastMessage } = summary;
    const isHidden = lastMessage !== null && this.timeline.isHidden(lastMessage.id);
    this.#head.summarise(isHidden ? { ...summary, lastMessage: null } : summary);
    this.moved({ ...summary, userId: this.userId });
    this.counted({ unread, unreadMentions, readSeq, lastSeq });
    this.wantsSummary = isHidden;
    this.isListed = true;
    // What is held of one whose messages were never read ends where the list begins to know more.
    if (!this.isBegun && version > this.line.place.version) {
      this.timeline.raise(lastSeq);
      this.line.reached({ version, seq: Math.max(lastSeq, this.line.place.seq) }, true);
    }
    this.#touch();
  }

  /** A new or changed message, pushed or answered; whether it was not held before. */
  arrived(message: Message, isNew: boolean): boolean {
    const isAdded = this.#mergeMessage(message);
    const { kind, version, seq } = message;
    const isComplete = !isNew || kind !== 'system' || message.metadata?.type === 'conversation.created';
    // Who came, or the new title, is told right after the entry: without it the version is not all there.
    if (isComplete) this.line.arrived(version, isNew ? seq : 0);
    else this.#entries.set(version, seq);
    if (this.watchers === 0 && this.timeline.size > MOST_UNLOOKED_AT) this.trim(MOST_UNLOOKED_AT / 2);
    return isAdded;
  }

  membersChanged({ version, changes, memberCount }: ServerEvents['member.changed']): void {
    for (const { userId, member } of changes) {
      const isHeld = this.#hasAllMembers || userId === this.userId || this.roster.get(userId);
      if (!member) this.roster.went(userId, version);
      else if (isHeld) this.roster.merge(member);
    }
    this.#head.resize(version, memberCount);
    this.#complete(version);
  }

  conversationChanged(version: number, conversation: Conversation): void {
    this.#head.tell(conversation);
    this.#complete(version);
  }

  /** Reading begins at nothing: what is held already stays, and is filled up to. */
  readFromStart(): void {
    this.isBegun = true;
    this.timeline.floor = this.joinedSeq;
    this.#hasAllMembers = true;
    this.line.reached({ version: 0, seq: this.joinedSeq }, false);
  }

  /** A page of what has changed; the messages that were not held before. */
  changed(page: Changes, afterSeq: number): Message[] {
    const { gap, through, more } = page;
    if (gap) {
      if (gap.to > this.#head.count.lastSeq) this.wantsSummary = true;
      // What is between is read by history when somebody scrolls there.
      this.timeline.raise(gap.to);
    }
    const added = page.messages.filter((message) => this.#mergeMessage(message));
    for (const member of page.members) this.roster.merge(member);
    for (const { userId, version } of page.gone) this.roster.went(userId, version);
    for (const receipt of page.receipts) this.roster.moved(receipt);
    if (!more) this.#head.resize(through, this.#hasAllMembers ? this.roster.size : null);
    const seq = Math.max(afterSeq, ...page.messages.map((message) => message.seq));
    this.line.reached({ version: through, seq }, !more);
    this.#touch();
    return added;
  }

  /** Deleted by me for me, on whatever device. */
  hide(id: Uuid, seq: number): void {
    this.timeline.hide(id, seq);
    if (this.#head.data.lastMessage?.id === id) {
      this.#head.data.lastMessage = this.timeline.newest;
      this.wantsSummary ||= this.timeline.newest === null;
    }
    this.#touch();
  }

  moved(receipt: MemberReceipt): void {
    if (this.roster.moved(receipt)) this.#touch();
  }

  counted(count: Count): void {
    this.#head.count.take(count, this.roster.cursorsOf(this.userId).readSeq);
    this.#head.reach(count.lastSeq);
    this.#touch();
  }

  /** What is on the screen has been read, before the server knows: the badge goes at once. */
  readHere(seq: number): void {
    const { deliveredSeq } = this.roster.cursorsOf(this.userId);
    this.moved({ userId: this.userId, deliveredSeq: Math.max(deliveredSeq, seq), readSeq: seq });
    if (seq >= this.lastSeq) this.counted({ unread: 0, unreadMentions: 0, readSeq: seq, lastSeq: seq });
  }

  /** Messages before those that are held, as history has them. */
  prepend(page: readonly Message[], isFirst: boolean): void {
    this.timeline.prepend(page, isFirst ? this.joinedSeq : (page[0]?.seq ?? 1) - 1);
    this.#touch();
  }

  /** Holds no more than so many of the newest messages. */
  trim(most: number): void {
    const { list } = this.timeline;
    const last = list[list.length - most - 1];
    if (!last || this.needsReading) return;
    this.#head.count.take(this.#head.count.folded(this.userId, list), 0);
    this.timeline.raise(last.seq);
  }

  state(): ConversationState {
    if (this.#shown) return this.#shown;
    const { conversation, role, joinedSeq, peer, lastMessage } = this.#head.data;
    const mine = this.roster.cursorsOf(this.userId);
    const others = this.#hasAllMembers && !this.isLarge ? this.roster.reachedByOthers(this.userId) : null;
    return (this.#shown = {
      ...conversation,
      ...{ role: this.own?.role ?? role, joinedSeq, peer, lastMessage },
      ...mine,
      ...this.#head.count.of(this.userId, this.timeline.list),
      deliveredToAll: others && others.deliveredSeq,
      readByAll: others && others.readSeq,
    });
  }

  toJSON(most: number): StoredConversation {
    const { list } = this.timeline;
    const messages = most === 0 ? [] : list.slice(-most);
    const isCut = messages.length < list.length;
    const { count } = this.#head;
    return {
      ...this.#head.toJSON(isCut ? count.folded(this.userId, list) : count.toJSON()),
      ...{ place: this.line.place, isRead: this.isRead, hasAllMembers: this.#hasAllMembers },
      isStale: this.isStale || !this.line.isWhole || this.line.hasGap,
      floor: isCut ? (messages[0]?.seq ?? this.lastSeq + 1) - 1 : this.timeline.floor,
      ...{ members: this.roster.list(), gone: this.roster.goneSince, receipts: this.roster.receipts },
      ...{ messages, hidden: this.timeline.hiddenIds },
    };
  }

  #mergeMessage(message: Message): boolean {
    if (message.seq <= this.joinedSeq) return false;
    this.#head.reach(message.seq);
    if (message.kind === 'system' && message.metadata?.type === 'title.changed') {
      this.#head.entitle(message.metadata.title as string, message.seq);
    }
    if (!this.timeline.isHidden(message.id)) this.#head.saw(message);
    this.#touch();
    return this.timeline.merge(message);
  }

  #complete(version: number): void {
    this.line.arrived(version, this.#entries.get(version));
    for (const entry of this.#entries.keys()) if (entry <= version) this.#entries.delete(entry);
    this.#touch();
  }

  #touch(): void {
    this.#shown = null;
  }
}
