import type { Message, MessageSend, MessageSent, Receipt } from '@parley/protocol';
import type { Findings } from './findings';

/** A message that somebody has sent, and what it was acknowledged as. */
export interface Sending {
  readonly userId: string;
  readonly input: MessageSend;
  acked: { conversationId: string; seq: number } | null;
}

/** That one had blocked another for a while, in ms since 1970: acknowledged before, and not lifted yet. */
export interface Block {
  readonly userId: string;
  readonly peerId: string;
  readonly from: number;
  readonly to: number;
}

/** What the server has acknowledged: it must be there in the end. */
export class Ledger {
  readonly sendings = new Map<string, Sending>();
  /** Of each message the latest state that was answered. */
  readonly answers = new Map<string, Message>();
  /** By conversation and user. */
  readonly cursors = new Map<string, Receipt>();
  readonly hidden: { userId: string; conversationId: string; id: string }[] = [];
  readonly titles: { conversationId: string; title: string }[] = [];
  readonly groups = new Set<string>();
  readonly blocks: Block[] = [];
  private readonly blocking = new Set<string>();

  constructor(private readonly findings: Findings) {}

  send(userId: string, input: MessageSend): void {
    this.sendings.set(input.id, { userId, input, acked: null });
  }

  /** A send was acknowledged; every acknowledgement of an id says the same. */
  sent({ message }: MessageSent): void {
    const { id, conversationId, seq } = message;
    const sending = this.sendings.get(id);
    if (!sending) throw new Error(`${id} was acknowledged, and never sent`);
    const { acked } = sending;
    if (acked && (acked.seq !== seq || acked.conversationId !== conversationId)) {
      const first = `seq ${acked.seq} of ${acked.conversationId}`;
      this.findings.add(
        'duplicated',
        `message ${id} was acknowledged as ${first} and as seq ${seq} of ${conversationId}`,
      );
    }
    sending.acked ??= { conversationId, seq };
    this.answered(message);
  }

  /** A message was answered as it is after a change. */
  answered(message: Message): void {
    const known = this.answers.get(message.id);
    if (!known || known.version < message.version) this.answers.set(message.id, message);
  }

  isBlocking(userId: string, peerId: string): boolean {
    return this.blocking.has(`${userId} ${peerId}`);
  }

  /** Somebody blocks another, until what is returned is called with when it held for sure. */
  block(userId: string, peerId: string): (held: Pick<Block, 'from' | 'to'> | null) => void {
    const key = `${userId} ${peerId}`;
    this.blocking.add(key);
    return (held) => {
      this.blocking.delete(key);
      if (held) this.blocks.push({ userId, peerId, ...held });
    };
  }

  moved(receipt: Receipt): void {
    const key = `${receipt.conversationId} ${receipt.userId}`;
    const known = this.cursors.get(key);
    const { conversationId, userId } = receipt;
    this.cursors.set(key, {
      ...{ conversationId, userId },
      deliveredSeq: Math.max(known?.deliveredSeq ?? 0, receipt.deliveredSeq),
      readSeq: Math.max(known?.readSeq ?? 0, receipt.readSeq),
    });
  }
}
