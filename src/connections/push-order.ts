import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Commit, Progress } from '../common/commit';

/** A place in a conversation's order. */
export interface Position {
  readonly conversationId: string;
  readonly version: number;
}

/** What a push tells stands at a position; the conversation had come from `before` to `seq` with it. */
export interface PushPosition extends Position, Progress {
  readonly seqBefore: number;
}

/** Writes at a position: a push, which is told once, or (without `push`) an answer, which is always given. */
export interface Step {
  readonly position: Position;
  readonly push?: PushPosition;
  readonly write: () => void;
}

/** What was committed after `from`, up to `to` or (null) up to now, and has to be read to be told. */
export interface Gap {
  readonly conversationId: string;
  readonly from: Progress;
  readonly to: Progress | null;
}

/** The pushes that fill a gap, in order. */
export interface Filling {
  readonly conversationId: string;
  readonly through: Progress;
  readonly pushes: readonly (() => void)[];
}

/** Knows, from the database, what other processes have committed. */
export interface GapReader {
  /** Hands everything that others have committed to `PushOrder.heard`, before it resolves. */
  catchUp(): Promise<void>;
  fill(gaps: readonly Gap[]): Promise<Filling[]>;
}

interface Held {
  /** Where the gap begins; unknown until the commits of others have been looked at. */
  from: Progress | undefined;
  /** A version that others have reached, and that has to be told. */
  upTo: number;
  steps: Step[];
}

/** Conversations whose progress is remembered, about 200 bytes each. */
const MAX_REMEMBERED = 200_000;

/**
 * Keeps the pushes of each conversation in the order of its versions, without one left out.
 *
 * A push that follows on what was told goes out at once. Before any other, something was committed that
 * this process has not told of: by another process, or by itself when the answer to a commit was lost.
 * That is read from the database first, once for everybody who is connected here.
 */
export class PushOrder {
  private readonly logger = new Logger('PushOrder');
  private readonly told = new LRUCache<string, Progress>({ max: MAX_REMEMBERED });
  private readonly held = new Map<string, Held>();
  private reader: GapReader | undefined;
  private filling: Promise<void> | undefined;
  private failing = false;

  /** Without a reader there is nobody else, and no gap. */
  readWith(reader: GapReader): void {
    this.reader = reader;
  }

  /** Takes steps of one conversation, sorted by version. */
  take(conversationId: string, steps: Step[]): void {
    const held = this.held.get(conversationId);
    if (held) held.steps.push(...steps);
    else this.goOn(conversationId, steps);
  }

  /** Reads and tells what a commit did, unless that has been told. */
  heard({ conversationId, base, version }: Commit): void {
    const told = this.told.get(conversationId);
    if (told && told.version >= version) return;
    const held = this.held.get(conversationId);
    if (!held) return this.hold(conversationId, { from: told ?? base, upTo: version, steps: [] });
    held.upTo = Math.max(held.upTo, version);
    if (!held.from || (!told && base.version < held.from.version)) held.from = told ?? base;
  }

  /** Fills what is held up; also what could not be read before. */
  fillGaps(): Promise<void> {
    this.filling ??= this.fillAll();
    return this.filling;
  }

  private goOn(conversationId: string, steps: Step[]): void {
    let told = this.told.get(conversationId);
    const before = told?.version ?? -1;
    for (const [index, { push, write }] of steps.entries()) {
      if (push) {
        // Told already, with what was read from the database.
        if (push.version <= before) continue;
        if (this.reader && push.version > 1 && (!told || push.version > told.version + 1)) {
          if (told) this.told.set(conversationId, told);
          return this.hold(conversationId, { from: told, upTo: 0, steps: steps.slice(index) });
        }
        told = { version: push.version, seq: push.seq };
      }
      write();
    }
    if (told) this.told.set(conversationId, told);
  }

  private hold(conversationId: string, held: Held): void {
    this.held.set(conversationId, held);
    void this.fillGaps();
  }

  private async fillAll(): Promise<void> {
    // What is found in one turn of the event loop is read together.
    await Promise.resolve();
    try {
      while (this.held.size > 0) await this.fillHeld([...this.held]);
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`pushes wait for the database: ${String(error)}`);
      this.failing = true;
      this.answer();
    } finally {
      this.filling = undefined;
    }
  }

  private async fillHeld(batch: readonly [string, Held][]): Promise<void> {
    if (!this.reader) return;
    if (batch.some(([, held]) => !held.from)) await this.reader.catchUp();
    const gaps: Gap[] = [];
    for (const [conversationId, { from, steps }] of batch) {
      if (from) gaps.push({ conversationId, from, to: startOf(steps) });
    }
    const fillings = gaps.length > 0 ? await this.reader.fill(gaps) : [];
    for (const { conversationId, through, pushes } of fillings) {
      this.told.set(conversationId, through);
      for (const write of pushes) write();
    }
    for (const [conversationId, { from, upTo, steps }] of batch) {
      this.held.delete(conversationId);
      // Nobody else has committed anything here: it begins with what is to be told.
      const start = startOf(steps);
      if (!from && start) this.told.set(conversationId, start);
      this.goOn(conversationId, steps);
      this.heardMeanwhile(conversationId, upTo);
    }
  }

  /** What was committed after the reading began may not have been in it. */
  private heardMeanwhile(conversationId: string, upTo: number): void {
    const told = this.told.get(conversationId);
    if (!told || told.version >= upTo) return;
    const held = this.held.get(conversationId);
    if (held) held.upTo = Math.max(held.upTo, upTo);
    else this.held.set(conversationId, { from: told, upTo, steps: [] });
  }

  /** While the database cannot be read only pushes wait: who asked is told what was committed. */
  private answer(): void {
    for (const held of this.held.values()) {
      for (const { push, write } of held.steps) if (!push) write();
      held.steps = held.steps.filter(({ push }) => push !== undefined);
    }
  }
}

/** How far the conversation had come before the first push among the steps. */
function startOf(steps: readonly Step[]): Progress | null {
  for (const { push } of steps) if (push) return { version: push.version - 1, seq: push.seqBefore };
  return null;
}
