import type { MessageList, PendingMessage } from '@parley/client';
import type { Message } from '@parley/protocol';

/** A message as a row shows it, stored or on its way. */
export type RowMessage = Message | PendingMessage;

/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

/** What is shown, one after the other: first what is stored, then what is on its way. */
export class Rows {
  constructor(private readonly list: MessageList) {}

  get count(): number {
    return this.list.messages.length + this.list.pending.length;
  }

  readonly keyAt = (at: number): string => this.at(at)?.id ?? '';

  at(at: number): RowMessage | undefined {
    const { messages, pending } = this.list;
    return at < messages.length ? messages[at] : pending[at - messages.length];
  }

  /** Where a message is, also when rows have come before it; -1 when it is none of these. */
  find(id: string, seq: number | null): number {
    const { messages, pending } = this.list;
    if (seq !== null) {
      const at = indexOfSeq(messages, seq);
      if (messages[at]?.id === id) return at;
    }
    const waiting = pending.findIndex((message) => message.id === id);
    if (waiting >= 0) return messages.length + waiting;
    // What was on its way is stored by now: among the newest.
    return messages.findLastIndex((message) => message.id === id);
  }

  /** The first message after a seq. */
  firstAfter(seq: number): number {
    return indexOfSeq(this.list.messages, seq + 1);
  }
}

export function isStored(message: RowMessage): message is Message {
  return 'seq' in message;
}

export function seqOf(message: RowMessage): number | null {
  return isStored(message) ? message.seq : null;
}

/** Whether a message stands close under the one before it, without its sender's name once more. */
export function isFollowing(message: RowMessage, before: RowMessage | undefined, myId: string): boolean {
  if (!before || message.kind === 'system' || before.kind === 'system') return false;
  const sender = isStored(message) ? message.senderId : myId;
  if (sender !== (isStored(before) ? before.senderId : myId)) return false;
  return Date.parse(message.createdAt) - Date.parse(before.createdAt) < TOGETHER_MS;
}

/** Index of the first message of this seq or a greater one. */
function indexOfSeq(messages: readonly Message[], seq: number): number {
  let from = 0;
  let to = messages.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((messages[middle] as Message).seq < seq) from = middle + 1;
    else to = middle;
  }
  return from;
}
