import type { ServerFrame } from '@parley/client';
import type { Message } from '@parley/protocol';

const KEPT = 40;

/** The last that one client heard and read of each conversation, to see how it came to what it holds. */
export class Trace {
  private readonly lines = new Map<string, string[]>();

  frame(frame: ServerFrame): void {
    if (frame.event !== 'reply') {
      const data = frame.data as { message?: Message; conversationId?: string; version?: number };
      const { conversationId, version } = data.message ?? data;
      if (!conversationId) return;
      const detail = data.message ? `seq ${data.message.seq}` : shown(data);
      this.note(conversationId, `${frame.event} version ${version ?? '-'} ${detail}`);
    } else if (frame.ok) {
      const { message } = frame.data as { message?: Message };
      if (message) this.note(message.conversationId, `answer version ${message.version} seq ${message.seq}`);
    }
  }

  note(conversationId: string, line: string): void {
    const lines = this.lines.get(conversationId) ?? [];
    lines.push(`${new Date().toISOString().slice(11, 23)} ${line}`);
    if (lines.length > KEPT) lines.shift();
    this.lines.set(conversationId, lines);
  }

  of(conversationId: string): string[] {
    return this.lines.get(conversationId) ?? [];
  }
}

function shown({ conversationId: _, ...data }: { conversationId?: string }): string {
  return JSON.stringify(data).slice(0, 200);
}
