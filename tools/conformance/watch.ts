import type { Message } from '@parley/protocol';
import type { AnyFrame } from './shapes';

/** Pushes that stand at the place of their version. */
const VERSIONED = /^(message\.(created|updated)|conversation\.(updated|removed)|member\.changed)$/;

interface Seen {
  seq: number | undefined;
  version: number;
}

/** Holds what comes on one connection to what is promised of every connection: order, nothing missing, nothing twice. */
export class Watch {
  private readonly seen = new Map<string, Seen>();

  /** What is wrong with a frame, after those before it; `asked` is the event that it answers. */
  wrongWith(frame: AnyFrame, asked?: string): string | null {
    const data = frame.data as { conversationId?: string; version?: number; message?: Message } | undefined;
    const message = data?.message;
    const conversationId = message?.conversationId ?? data?.conversationId;
    if (!conversationId) return null;
    // Who comes, or comes back, begins anew.
    if (frame.event === 'conversation.created') this.seen.delete(conversationId);
    const seen = this.seen.get(conversationId) ?? { seq: undefined, version: 0 };
    this.seen.set(conversationId, seen);
    return (
      this.newMessage(frame, asked, message, seen) ??
      this.version(frame, message?.version ?? data?.version, seen)
    );
  }

  private newMessage(frame: AnyFrame, asked: string | undefined, message: Message | undefined, seen: Seen) {
    const isReply = asked === 'message.send' && !(frame.data as { duplicate?: boolean }).duplicate;
    if (!message || (frame.event !== 'message.created' && !isReply)) return null;
    const before = seen.seq;
    if (before !== undefined && message.seq <= before)
      return `message ${message.seq} comes after message ${before} of the same conversation`;
    seen.seq = message.seq;
    return before === undefined || message.seq === before + 1
      ? null
      : `message.created of ${before + 1} did not come before ${message.seq}`;
  }

  private version({ event }: AnyFrame, version: number | undefined, seen: Seen): string | null {
    if (version === undefined || !VERSIONED.test(event)) return null;
    const before = seen.version;
    seen.version = Math.max(before, version);
    return version < before ? `${event} of version ${version} comes after version ${before}` : null;
  }
}
