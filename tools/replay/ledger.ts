import type { ConversationKind, Message, SystemEntry } from '@parley/protocol';
import { Histogram } from '../support/histogram';

/** A message as it was handed to the server. */
export interface Sending {
  senderId: string;
  text: string;
  mentions: string[];
  /** By the monotonic clock, in ms. */
  at: number;
  acknowledged: boolean;
}

/** What is wrong; every figure counts messages, those at receivers once for each of them. */
export interface Faults {
  /** Not received by somebody who was a member, or acknowledged and not in the database. */
  lost: number;
  /** Received again on the same connection, or stored again. */
  duplicated: number;
  /** Received after one of a greater seq, or stored in another order than their sender's. */
  reordered: number;
  /** Received before joining, after leaving, or without being stored. */
  leaked: number;
  /** Stored or received otherwise than sent. */
  altered: number;
}

export interface Verdict extends Faults {
  /** Messages of people in the database. */
  stored: number;
  /** Messages that receivers had to get, and got. */
  expected: number;
  received: number;
}

export const CLEAN: Verdict = {
  ...{ lost: 0, duplicated: 0, reordered: 0, leaked: 0, altered: 0 },
  ...{ stored: 0, expected: 0, received: 0 },
};

export function addVerdicts(a: Verdict, b: Verdict): Verdict {
  const sum = { ...a };
  for (const key of Object.keys(sum) as (keyof Verdict)[]) sum[key] += b[key];
  return sum;
}

/** A conversation as the database has it. */
export interface Judged {
  kind: ConversationKind;
  conversationId: string;
  /** Everybody who was connected and a member at some time. */
  memberIds: readonly string[];
  history: readonly Message[];
}

/** Everything sent and received, in the order of each connection. */
export class Ledger {
  /** Send → push on somebody's connection. */
  readonly toPush = new Histogram();
  /** Send → reply. */
  readonly toReply = new Histogram();
  readonly sendings = new Map<string, Sending>();
  private firstAt = Infinity;
  private lastAt = -Infinity;
  /** By conversation and user: what they received, in order. */
  private readonly receipts = new Map<string, Map<string, Message[]>>();
  private readonly canonical = new Map<string, Message>();

  /** From the first send to the last receipt. */
  get seconds(): number {
    return Math.max(0, this.lastAt - this.firstAt) / 1_000;
  }

  send(id: string, senderId: string, text: string, mentions: string[]): void {
    const at = performance.now();
    this.firstAt = Math.min(this.firstAt, at);
    this.sendings.set(id, { senderId, text, mentions, at, acknowledged: false });
  }

  /** A sender's own message comes as the reply, at its place among the pushes. */
  replied(userId: string, message: Message): void {
    const sending = this.sendings.get(message.id);
    this.lastAt = performance.now();
    if (sending) {
      this.toReply.add(this.lastAt - sending.at);
      sending.acknowledged = true;
    }
    this.note(userId, message);
  }

  pushed(userId: string, message: Message): void {
    const sending = this.sendings.get(message.id);
    this.lastAt = performance.now();
    if (sending) this.toPush.add(this.lastAt - sending.at);
    this.note(userId, message);
  }

  /** Holds what was sent and received of one conversation against its history in the database. */
  judge({ kind, conversationId, memberIds, history }: Judged): Verdict {
    const receipts = this.receipts.get(conversationId) ?? new Map<string, Message[]>();
    const windows = windowsOf(kind, history);
    let verdict = addVerdicts(CLEAN, judgeStored(history, this.sendings));
    for (const userId of new Set([...memberIds, ...receipts.keys()])) {
      verdict = addVerdicts(verdict, judgeReceived(receipts.get(userId) ?? [], history, windows(userId)));
    }
    return verdict;
  }

  // One object for all who received the same: a message to 300 people is kept once.
  private note(userId: string, message: Message): void {
    const known = this.canonical.get(message.id);
    const kept = known && isSame(known, message) ? known : message;
    if (!known) this.canonical.set(message.id, message);
    const members = this.receipts.get(message.conversationId) ?? new Map<string, Message[]>();
    this.receipts.set(message.conversationId, members);
    const received = members.get(userId);
    if (received) received.push(kept);
    else members.set(userId, [kept]);
  }
}

/** Acknowledged messages that no history holds. */
export function countUnstored(
  sendings: ReadonlyMap<string, Sending>,
  storedIds: ReadonlySet<string>,
): number {
  let unstored = 0;
  for (const [id, { acknowledged }] of sendings) if (acknowledged && !storedIds.has(id)) unstored++;
  return unstored;
}

/** Whether one must receive a message, may, or must not. */
type Sight = 'must' | 'may' | 'not';
type Window = readonly Sight[];

/**
 * Who was to see what, told by the entries in the timeline itself: after being added, before leaving.
 * The entry of one's own coming or going, and of the conversation's making, may be shown or not.
 */
function windowsOf(kind: ConversationKind, history: readonly Message[]): (userId: string) => Window {
  return (userId) => {
    let present = kind === 'direct';
    return history.map((message) => {
      const entry = entryOf(message);
      if (entry?.type === 'conversation.created') {
        present ||= message.senderId === userId;
        return 'may';
      }
      if (entry?.type === 'member.added' && entry.userIds.includes(userId)) {
        present = true;
        return 'may';
      }
      if ((entry?.type === 'member.left' || entry?.type === 'member.removed') && entry.userId === userId) {
        present = false;
        return 'may';
      }
      return present ? 'must' : 'not';
    });
  };
}

function judgeStored(history: readonly Message[], sendings: ReadonlyMap<string, Sending>): Verdict {
  const verdict = { ...CLEAN };
  const seen = new Set<string>();
  const lastSent = new Map<string, number>();
  for (const [index, message] of history.entries()) {
    if (message.seq !== index + 1) verdict.reordered++;
    if (seen.has(message.id)) verdict.duplicated++;
    seen.add(message.id);
    if (message.kind === 'system') continue;
    verdict.stored++;
    const sending = sendings.get(message.id);
    if (!sending || !isAsSent(message, sending)) {
      verdict.altered++;
      continue;
    }
    if (sending.at < (lastSent.get(sending.senderId) ?? 0)) verdict.reordered++;
    lastSent.set(sending.senderId, sending.at);
  }
  return verdict;
}

function judgeReceived(received: readonly Message[], history: readonly Message[], window: Window): Verdict {
  const verdict = { ...CLEAN };
  const had = new Set<string>();
  let greatest = 0;
  for (const message of received) {
    if (had.has(message.id)) {
      verdict.duplicated++;
      continue;
    }
    had.add(message.id);
    if (message.seq < greatest) verdict.reordered++;
    greatest = Math.max(greatest, message.seq);
    const index = message.seq - 1;
    const stored = history[index];
    if (stored?.id !== message.id || window[index] === 'not') verdict.leaked++;
    else if (!isSame(stored, message)) verdict.altered++;
  }
  for (const [index, message] of history.entries()) {
    if (window[index] !== 'must') continue;
    verdict.expected++;
    if (had.has(message.id)) verdict.received++;
    else verdict.lost++;
  }
  return verdict;
}

function entryOf({ kind, metadata }: Message): SystemEntry | null {
  return kind === 'system' ? (metadata as SystemEntry | null) : null;
}

function isAsSent(message: Message, sending: Sending): boolean {
  return (
    message.senderId === sending.senderId &&
    message.text === sending.text &&
    message.mentions.join() === sending.mentions.join()
  );
}

function isSame(a: Message, b: Message): boolean {
  return (
    a === b ||
    (a.id === b.id &&
      a.seq === b.seq &&
      a.version === b.version &&
      a.senderId === b.senderId &&
      a.kind === b.kind &&
      a.text === b.text &&
      a.createdAt === b.createdAt &&
      a.mentions.join() === b.mentions.join())
  );
}
