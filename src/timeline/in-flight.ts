import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** What was committed by then has been answered by now. */
const ANSWERED_WITHIN_MS = 200;

/** The commits of this process whose answer is still on its way, by conversation. */
export class InFlight {
  /** One each almost always. */
  private readonly byConversation = new Map<string, Promise<unknown> | Set<Promise<unknown>>>();

  /** Runs what commits something in these conversations. */
  async run<T>(conversationIds: Iterable<string>, commit: () => Promise<T>): Promise<T> {
    const ids = new Set(conversationIds);
    const running = commit();
    for (const id of ids) this.add(id, running);
    try {
      return await running;
    } finally {
      for (const id of ids) this.remove(id, running);
    }
  }

  /**
   * Resolves when what was in flight is answered, and what it tells has been handed over.
   *
   * What waits for a lock is not waited for: it has not been committed.
   */
  async settled(conversationIds: readonly string[]): Promise<void> {
    const running = conversationIds.flatMap((id) => {
      const all = this.byConversation.get(id);
      return all instanceof Set ? [...all] : (all ?? []);
    });
    if (running.length > 0) {
      const patience = new AbortController();
      const late = sleep(ANSWERED_WITHIN_MS, undefined, patience).catch(() => undefined);
      await Promise.race([Promise.allSettled(running), late]);
      patience.abort();
    }
    // What is told of a commit leaves at the end of the turn in which it was answered.
    await turn();
    await turn();
  }

  private add(id: string, running: Promise<unknown>): void {
    const all = this.byConversation.get(id);
    if (all instanceof Set) all.add(running);
    else this.byConversation.set(id, all ? new Set([all, running]) : running);
  }

  private remove(id: string, running: Promise<unknown>): void {
    const all = this.byConversation.get(id);
    if (all instanceof Set) all.delete(running);
    if (all === running || (all instanceof Set && all.size === 0)) this.byConversation.delete(id);
  }
}
