import { Injectable } from '@nestjs/common';
import { CLOSE, type CloseInfo, LIMITS } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { Draining } from '../common/draining';
import { newId } from '../common/ids';
import type { Connection } from '../connections/connection';
import { ConnectionRegistry } from '../connections/connection-registry';
import type { Frame } from '../connections/frame';

/** A request that waits, among the connections of its user: what would be pushed to it ends the wait. */
class WaitingRequest implements Connection {
  readonly id = newId();
  readonly userId: string;
  readonly sessionId: string;
  readonly ended: Promise<CloseInfo | null>;
  private end!: (reason: CloseInfo | null) => void;

  constructor(actor: Actor) {
    this.userId = actor.userId;
    this.sessionId = actor.sessionId;
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  send(frame: Frame): void {
    // Typing and presence are in no sync.
    if (!frame.ephemeral) this.end(null);
  }

  close(reason: CloseInfo): void {
    this.end(reason);
  }

  timeOut(): void {
    this.end(null);
  }
}

/** Waiting for news over REST, where sockets are blocked. */
@Injectable()
export class NewsService {
  /** By user, the longest waiting first. */
  private readonly waiting = new Map<string, Set<WaitingRequest>>();
  private stopping = false;

  constructor(
    private readonly registry: ConnectionRegistry,
    draining: Draining,
  ) {
    draining.addStep(() => this.stop());
  }

  /**
   * Asks, and asks once more after the first news when there was none at first.
   *
   * It listens before it asks, so that nothing falls in between; a session that ends ends the wait.
   */
  async wait<T>(
    actor: Actor,
    seconds: number,
    ask: () => Promise<T>,
    isNews: (answer: T) => boolean,
    gone: AbortSignal,
  ): Promise<T> {
    if (seconds === 0 || this.stopping || gone.aborted) return ask();
    const request = new WaitingRequest(actor);
    const timer = setTimeout(() => request.timeOut(), seconds * 1_000);
    const onGone = () => request.timeOut();
    gone.addEventListener('abort', onGone);
    this.add(request);
    try {
      const answer = await ask();
      if (isNews(answer)) return answer;
      const reason = await request.ended;
      if (reason === CLOSE.draining) return answer;
      if (reason) throw new DomainError('session_revoked');
      return gone.aborted ? answer : await ask();
    } finally {
      clearTimeout(timer);
      gone.removeEventListener('abort', onGone);
      this.remove(request);
    }
  }

  /** A server that stops lets nobody wait: they are told that there was no news. */
  private stop(): void {
    this.stopping = true;
    for (const requests of this.waiting.values()) {
      for (const request of requests) request.close(CLOSE.draining);
    }
  }

  private add(request: WaitingRequest): void {
    const own = this.waiting.get(request.userId) ?? new Set();
    this.waiting.set(request.userId, own.add(request));
    const [first] = own;
    if (own.size > LIMITS.syncWaits) first?.timeOut();
    this.registry.add(request);
  }

  private remove(request: WaitingRequest): void {
    const own = this.waiting.get(request.userId);
    own?.delete(request);
    if (own?.size === 0) this.waiting.delete(request.userId);
    this.registry.remove(request);
  }
}
