import { setImmediate as endOfTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';
import { Slots } from '../common/slots';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { isRowsFault } from '../timeline/append-committer';
import { type Cursors, moveCursors, type Wanted } from './cursor-statement';

/** Rows that one commit moves. */
const MAX_BATCH = 1_000;
/** Of the connections one in so many may wait for a row that somebody else holds. */
const WAITING_SHARE = 4;

/** Where cursors are after a request. */
export interface Moved extends Cursors {
  /** Whether this is the first of the requests that went together: one of them tells the others. */
  readonly isFirst: boolean;
}

interface Request {
  resolve(moved: Moved): void;
  reject(error: unknown): void;
}

/** What somebody wants in a conversation, by all requests that came since the last commit. */
interface Move extends Wanted {
  readonly requests: Request[];
  /** Whether a batch has found their row held by somebody else. */
  wasPassed: boolean;
}

type Moves = Map<string, Move>;

/**
 * Moves cursors, many with one commit.
 *
 * What a turn of the event loop has brought, and what piles up while a commit is in flight, goes into the next
 * one together: no timers. Several moves of one person in one conversation are one, to the furthest. A row that
 * somebody else holds is left for the next batch, and from then on waited for by itself, so that it holds up
 * nobody else and no circle can form. Cursors only grow, so it does not matter which of two moves comes first.
 * How many wait is bounded by who may ask: a connection has one request, and those of REST are counted there.
 */
@Injectable()
export class CursorWriter {
  private readonly waiting: Moves = new Map();
  private readonly held: Moves = new Map();
  private readonly slots: Slots;
  private draining = false;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) env: Pick<Env, 'databasePoolSize'>,
  ) {
    this.slots = new Slots(Math.max(1, Math.floor(env.databasePoolSize / WAITING_SHARE)), Infinity);
  }

  /** Moves a member's cursors forward, never beyond the newest message; resolves once that is durable. */
  move(wanted: Wanted): Promise<Moved> {
    return new Promise((resolve, reject) => {
      join(this.waiting, { ...wanted, requests: [{ resolve, reject }], wasPassed: false });
      if (!this.draining) void this.drain();
    });
  }

  /** Commits what waits together, one commit after the other. */
  private async drain(): Promise<void> {
    this.draining = true;
    do {
      await endOfTurn();
      for (const move of await this.commit(take(this.waiting, MAX_BATCH), false)) this.defer(move);
    } while (this.waiting.size > 0);
    this.draining = false;
  }

  private defer(move: Move): void {
    // Most often another process has just moved it for another device, and is done by then.
    if (!move.wasPassed) join(this.waiting, { ...move, wasPassed: true });
    else if (join(this.held, move)) void this.slots.run(() => this.waitFor(keyOf(move)));
  }

  /** What joins it until then comes along. */
  private async waitFor(key: string): Promise<void> {
    const move = this.held.get(key);
    if (!move) return;
    this.held.delete(key);
    // Under the lock it is not passed over.
    for (const odd of await this.commit([move], true)) fail(odd, new DomainError('unavailable'));
  }

  /** Settles the moves, and returns those whose row somebody else holds; never rejects. */
  private async commit(moves: Move[], waits: boolean): Promise<Move[]> {
    try {
      const fates = await this.withClient((client) => moveCursors(client, moves, waits));
      const passed: Move[] = [];
      for (const [at, move] of moves.entries()) {
        const fate = fates[at];
        if (fate === 'passed') passed.push(move);
        else if (fate) succeed(move, fate);
        else fail(move, new DomainError('conversation_not_found'));
      }
      return passed;
    } catch (error) {
      if (moves.length > 1 && isRowsFault(error)) {
        const half = Math.ceil(moves.length / 2);
        const passed = await this.commit(moves.slice(0, half), waits);
        return [...passed, ...(await this.commit(moves.slice(half), waits))];
      }
      for (const move of moves) fail(move, error);
      return [];
    }
  }

  private async withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      return await work((await runner.connect()) as PoolClient);
    } finally {
      await runner.release();
    }
  }
}

function keyOf({ conversationId, userId }: Wanted): string {
  return conversationId + userId;
}

/** Whether it is the only one of theirs there. */
function join(moves: Moves, move: Move): boolean {
  const key = keyOf(move);
  const known = moves.get(key);
  if (!known) {
    moves.set(key, move);
    return true;
  }
  known.deliveredSeq = Math.max(known.deliveredSeq, move.deliveredSeq);
  known.readSeq = Math.max(known.readSeq, move.readSeq);
  known.requests.push(...move.requests);
  known.wasPassed ||= move.wasPassed;
  return false;
}

function take(moves: Moves, count: number): Move[] {
  const taken: Move[] = [];
  for (const [key, move] of moves) {
    if (taken.length === count) break;
    moves.delete(key);
    taken.push(move);
  }
  return taken;
}

function succeed({ requests }: Move, cursors: Cursors): void {
  for (const [n, request] of requests.entries()) request.resolve({ ...cursors, isFirst: n === 0 });
}

function fail({ requests }: Move, error: unknown): void {
  for (const request of requests) request.reject(error);
}
