import { randomUUID } from 'node:crypto';
import type { Message, MessageSent } from '@parley/protocol';
import type { Person } from './person';
import { TestSocket } from './test-socket';

/** Longer than a server may take to fail by name, in all but the worst cases. */
const PATIENCE_MS = 20_000;

/**
 * Somebody who writes into one conversation without a pause, over several connections, as a good client
 * does: what is not acknowledged is sent again with its id until it is.
 */
export class Stream {
  /** By id, the seq that was acknowledged. */
  readonly acked = new Map<string, number>();
  /** Commits that had taken place although no answer had come. */
  storedWithoutAnswer = 0;
  /** Codes of the errors that were answered. */
  readonly errors = new Set<string>();
  /** The longest that a message took from its first sending to its acknowledgement. */
  slowestMs = 0;
  private readonly unanswered = new Set<string>();
  private ending = false;

  constructor(
    private readonly person: Person,
    readonly conversationId: string,
  ) {}

  /** Writes on so many connections until they are closed, or until nothing is left to send again. */
  async write(url: string, connections: number, until: 'closed' | 'answered'): Promise<void> {
    const token = this.person.tokens.accessToken;
    const again = [...this.unanswered];
    this.ending = false;
    const write = async () => {
      const socket = await TestSocket.open(url, token);
      try {
        for (;;) {
          const id = again.pop();
          if (id === undefined && (until === 'answered' || this.ending)) return;
          await this.send(socket, id ?? randomUUID(), id !== undefined);
        }
      } finally {
        socket.raw.terminate();
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: connections }, write));
    for (const end of ends) if (end.status === 'rejected' && until === 'answered') throw end.reason as Error;
  }

  /** Lets `write` end once what is on its way is acknowledged. */
  end(): void {
    this.ending = true;
  }

  /** Resolves when so many more are acknowledged. */
  async further(count: number): Promise<void> {
    const goal = this.acked.size + count;
    await until(`${count} more are acknowledged`, () => this.acked.size >= goal);
  }

  /** Resolves when an error of this code is answered, from now on. */
  async failed(code: string): Promise<void> {
    this.errors.delete(code);
    await until(`${code} is answered`, () => this.errors.has(code));
  }

  /** Everything acknowledged is there once, under its seq, and no seq is missing. */
  async check(person: Person): Promise<void> {
    const messages: Message[] = [];
    for (let more = true; more;) {
      const after = messages.at(-1)?.seq ?? 0;
      const path = `/conversations/${this.conversationId}/messages?limit=200&after=${after}`;
      const page = (await person.ok('GET', path)) as { messages: Message[]; more: boolean };
      messages.push(...page.messages);
      more = page.more;
    }
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
    const stored = new Map(messages.map(({ id, seq }) => [id, seq]));
    expect(stored.size).toBe(messages.length);
    for (const [id, seq] of this.acked) expect([id, stored.get(id)]).toEqual([id, seq]);
  }

  private async send(socket: TestSocket, id: string, isRetry: boolean): Promise<void> {
    this.unanswered.add(id);
    const begun = performance.now();
    const input = { id, conversationId: this.conversationId, text: id };
    for (;;) {
      try {
        const { message, duplicate } = (await socket.request(
          'message.send',
          input,
          PATIENCE_MS,
        )) as MessageSent;
        this.acked.set(id, message.seq);
        this.unanswered.delete(id);
        this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
        if (isRetry && duplicate) this.storedWithoutAnswer++;
        return;
      } catch (error) {
        const { code, retryable } = error as { code?: string; retryable?: boolean };
        if (code === undefined) throw error;
        this.errors.add(code);
        if (!retryable) throw error;
        isRetry = true;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 2 * PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
