import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { CLOSE } from '@parley/protocol';
import { DataSource } from 'typeorm';
import { Authority } from '../common/authority';
import { Clock } from '../common/clock';
import { Poller } from '../common/poller';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { NODES_CHANNEL, NodeBus } from '../connections/bus/node-bus';
import { ConnectionRegistry } from '../connections/connection-registry';
import { FOLLOWING } from '../database/following';

/** What another node revokes must act here within a second, also when the bus did not bring it. */
const POLL_MS = 500;
/** Read again each time: a transaction may commit that much after it noted the time. */
const OVERLAP_SECONDS = 30;
/** For clocks that differ, and tokens that were being made during the revocation. */
const MARGIN_SECONDS = 60;

/**
 * The sessions that ended so lately that access tokens of theirs may still be about.
 *
 * They are few, so that every node has them in memory, and a token is checked without the database.
 * The map holds what was revoked during one token lifetime: its bound is the rate of log-ins.
 */
@Injectable()
export class Revocations implements OnModuleInit, OnModuleDestroy {
  /** When to forget each, in milliseconds; oldest first, as all are kept equally long. */
  private readonly forgetAt = new Map<string, number>();
  private readonly poller: Poller;
  private readonly keepSeconds: number;
  /** By the monotonic clock of this process. */
  private polledAt = 0;

  constructor(
    @InjectDataSource(FOLLOWING) private readonly following: DataSource,
    @Inject(ENV) env: Pick<Env, 'accessTokenSeconds'>,
    private readonly clock: Clock,
    private readonly registry: ConnectionRegistry,
    private readonly bus: NodeBus,
    authority: Authority,
  ) {
    this.keepSeconds = env.accessTokenSeconds + MARGIN_SECONDS;
    // It may have been revoked between the look at its token and its opening.
    registry.onOpened((connection) => {
      if (this.has(connection.sessionId)) connection.close(CLOSE.sessionRevoked);
    });
    authority.knowEnded((sessionId) => this.has(sessionId));
    this.poller = new Poller(
      'reading revoked sessions',
      POLL_MS,
      authority.feed(() => this.poll()),
    );
  }

  async onModuleInit(): Promise<void> {
    this.bus.join(NODES_CHANNEL);
    this.bus.subscribe((message) => {
      if (message.type === 'revoked') this.add(message.sessionIds);
    });
    await this.read(this.keepSeconds);
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
  }

  has(sessionId: string): boolean {
    return this.forgetAt.has(sessionId);
  }

  /** Whether a session that ended would still be known here when a token of it ends (milliseconds since 1970). */
  covers(expiresAt: number): boolean {
    return expiresAt <= this.clock.now() + this.keepSeconds * 1_000;
  }

  /** Whether whatever has ended since is still known here; `since` in milliseconds since 1970. */
  remembersSince(since: number): boolean {
    return since > this.clock.now() - (this.keepSeconds - MARGIN_SECONDS / 2) * 1_000;
  }

  /** Takes over what was revoked here, once it is committed, and tells the other nodes. */
  announce(sessionIds: readonly string[]): void {
    this.add(sessionIds);
    if (sessionIds.length > 0) this.bus.publish([NODES_CHANNEL], { type: 'revoked', sessionIds });
  }

  /** From here on tokens are refused, and sockets closed. */
  private add(sessionIds: Iterable<string>): void {
    const forgetAt = this.clock.now() + this.keepSeconds * 1_000;
    for (const sessionId of sessionIds) {
      if (this.forgetAt.has(sessionId)) continue;
      this.forgetAt.set(sessionId, forgetAt);
      this.registry.closeSession(sessionId, CLOSE.sessionRevoked);
    }
  }

  /** Reads what all nodes revoked since the last time, however long that is. */
  async poll(): Promise<void> {
    const elapsedSeconds = (performance.now() - this.polledAt) / 1_000;
    await this.read(elapsedSeconds + OVERLAP_SECONDS);
    this.forget();
  }

  private async read(seconds: number): Promise<void> {
    const startedAt = performance.now();
    const rows: { id: string }[] = await this.following.query(
      // API keys too: what was asked for by one, and waits, is refused like what a session had asked for.
      `SELECT id FROM session WHERE revoked_at > now() - $1::float8 * interval '1 second'
       UNION ALL SELECT id FROM api_key WHERE revoked_at > now() - $1::float8 * interval '1 second'`,
      [Math.min(seconds, this.keepSeconds)],
    );
    this.polledAt = startedAt;
    this.add(rows.map((row) => row.id));
  }

  private forget(): void {
    const now = this.clock.now();
    for (const [sessionId, at] of this.forgetAt) {
      if (at > now) break;
      this.forgetAt.delete(sessionId);
    }
  }
}
