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

/** Writes at a position: a push, which is told once, or (without `push`) an answer. */
export interface Step {
  readonly position: Position;
  readonly push?: PushPosition;
  write(): void;
  /** Of an answer: says instead that it cannot be given. */
  fail?(): void;
}

/** What was committed after `from`, up to `to` or (null) up to now, and has to be read to be told. */
export interface Gap {
  readonly conversationId: string;
  readonly from: Progress;
  readonly to: Progress | null;
}

/** What fills a gap. */
export interface Filling {
  readonly conversationId: string;
  readonly through: Progress;
  /** Writes its pushes in order, up to a place in it. */
  tell(end: Progress): void;
}

/** Knows, from the database, what other processes have committed. */
export interface GapReader {
  /** Hands everything that others have committed to `PushOrder.heard`, before it resolves. */
  catchUp(): Promise<void>;
  /** Resolves when what this process had committed by then has been handed over too. */
  fill(gaps: readonly Gap[]): Promise<Filling[]>;
}

interface Held {
  /** Where the gap begins; unknown until the commits of others have been looked at. */
  from: Progress | undefined;
  /** A version that others have reached, and that has to be told. */
  upTo: number;
  /** In the order of versions. */
  steps: Step[];
  /** Whether the database is being asked. */
  reading: boolean;
  /** Whether somebody may have gone, who must not see what follows. */
  changesMembers: boolean;
}

/** Gaps that are read at once: who was removed waits for so many at the most. */
const FILLED_AT_ONCE = 300;
/** Conversations whose progress is remembered, about 200 bytes each. */
const MAX_REMEMBERED = 200_000;

/**
 * Keeps the pushes of each conversation in the order of its versions, without one left out.
 *
 * A push that follows on what was told goes out at once. Before any other, something was committed that
 * this process has not told of: by another process, or by itself when the answer to a commit was lost.
 * It may be on its way here, and is waited for; then it is read from the database, once for everybody
 * who is connected here.
 */
export class PushOrder {
  private readonly logger = new Logger('PushOrder');
  private readonly told = new LRUCache<string, Progress>({ max: MAX_REMEMBERED });
  private readonly held = new Map<string, Held>();
  private reader: GapReader | undefined;
  private filling: Promise<void> | undefined;
  private failing = false;
  /** Of conversations, read since the start. */
  gapsFilled = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `patienceMs`: for what the bus may bring, before the database is asked. */
  constructor(private readonly bus: { readonly patienceMs: number }) {}

  /** Without a reader there is nobody else, and no gap. */
  readWith(reader: GapReader): void {
    this.reader = reader;
  }

  /** Takes steps of one conversation, sorted by version. */
  take(conversationId: string, steps: Step[]): void {
    const held = this.held.get(conversationId);
    if (!held) return this.goOn(conversationId, steps);
    held.steps.push(...steps);
    held.steps.sort((a, b) => a.position.version - b.position.version);
    if (!held.reading) this.closeGap(conversationId, held);
  }

  /** Whether a version has been told, or waits here to be. */
  knows({ conversationId, version }: Position): boolean {
    const told = this.told.get(conversationId);
    if (told && told.version >= version) return true;
    const held = this.held.get(conversationId);
    return held?.steps.some(({ push }) => push?.version === version) ?? false;
  }

  /** Reads and tells what a commit did, unless that has been told. */
  heard({ conversationId, base, version, changesMembers = false }: Commit): void {
    const told = this.told.get(conversationId);
    if (told && told.version >= version) return;
    const held = this.held.get(conversationId);
    if (!held) {
      return this.hold(conversationId, { from: told ?? base, upTo: version, steps: [], changesMembers });
    }
    held.changesMembers ||= changesMembers;
    held.upTo = Math.max(held.upTo, version);
    if (!held.from || (!told && base.version < held.from.version)) held.from = told ?? base;
  }

  /** Forgets a conversation that went on without concerning anybody here: nothing of it is missing. */
  forget(conversationId: string): void {
    if (!this.held.has(conversationId)) this.told.delete(conversationId);
  }

  /** Fills what is held up; also what could not be read before. */
  fillGaps(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.filling ??= this.fillAll();
    return this.filling;
  }

  private goOn(conversationId: string, steps: Step[]): void {
    let told = this.told.get(conversationId);
    const before = told?.version ?? -1;
    let index = -1;
    for (const step of steps) {
      index++;
      const { push } = step;
      if (push) {
        // Told already, with what was read from the database.
        if (push.version <= before) continue;
        if (this.reader && push.version > 1 && (!told || push.version > told.version + 1)) {
          if (told) this.told.set(conversationId, told);
          return this.hold(conversationId, { from: told, upTo: 0, steps: steps.slice(index) });
        }
        told = { version: push.version, seq: push.seq };
      }
      step.write();
    }
    if (told) this.told.set(conversationId, told);
  }

  private hold(conversationId: string, held: Partial<Held> & Pick<Held, 'from' | 'upTo' | 'steps'>): void {
    this.held.set(conversationId, { reading: false, changesMembers: false, ...held });
    this.fillSoon();
  }

  private fillSoon(): void {
    const { patienceMs } = this.bus;
    if (patienceMs === 0) void this.fillGaps();
    else this.timer ??= setTimeout(() => void this.fillGaps(), patienceMs).unref();
  }

  /** What was missing has come by itself. */
  private closeGap(conversationId: string, { upTo, steps }: Held): void {
    const told = this.told.get(conversationId);
    const start = startOf(steps);
    if (!told || !start || start.version > told.version) return;
    this.held.delete(conversationId);
    this.goOn(conversationId, steps);
    this.heardMeanwhile(conversationId, upTo);
  }

  private async fillAll(): Promise<void> {
    // What is found in one turn of the event loop is read together.
    await Promise.resolve();
    try {
      let isLast: boolean;
      do {
        const batch = this.next();
        isLast = batch.length === this.held.size;
        await this.fillHeld(batch);
        // What is held while the last is read has a wait of its own, if there is any.
      } while (this.held.size > 0 && (!isLast || this.bus.patienceMs === 0));
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`pushes wait for the database: ${String(error)}`);
      this.failing = true;
      this.refuse();
    } finally {
      this.filling = undefined;
    }
    if (this.held.size > 0 && !this.failing) this.fillSoon();
  }

  /** By themselves, and first, those whose members have changed. */
  private next(): [string, Held][] {
    const held = [...this.held];
    const first = held.filter(([, { changesMembers }]) => changesMembers);
    return (first.length > 0 ? first : held).slice(0, FILLED_AT_ONCE);
  }

  private async fillHeld(batch: readonly [string, Held][]): Promise<void> {
    if (!this.reader) return;
    for (const [, held] of batch) held.reading = true;
    if (batch.some(([, held]) => !held.from)) await this.reader.catchUp();
    const gaps: Gap[] = [];
    for (const [conversationId, { from, steps }] of batch) {
      if (from) gaps.push({ conversationId, from, to: startOf(steps) });
    }
    const fillings = gaps.length > 0 ? await this.reader.fill(gaps) : [];
    this.gapsFilled += fillings.length;
    for (const filling of fillings) this.tell(filling);
    for (const [conversationId, { from, upTo, steps }] of batch) {
      this.held.delete(conversationId);
      // Nobody else has committed anything here: it begins with what is to be told.
      const start = startOf(steps);
      if (!from && start) this.told.set(conversationId, start);
      this.goOn(conversationId, steps);
      this.heardMeanwhile(conversationId, upTo);
    }
  }

  /** But for what this process has committed and handed over meanwhile: who is answered is not told. */
  private tell(filling: Filling): void {
    const { conversationId, through } = filling;
    const { from, steps } = this.held.get(conversationId) ?? { from: undefined, steps: [] };
    const own = startOf(steps, from?.version);
    const end = own && own.version < through.version ? own : through;
    this.told.set(conversationId, end);
    filling.tell(end);
  }

  /** What was committed after the reading began may not have been in it. */
  private heardMeanwhile(conversationId: string, upTo: number): void {
    const told = this.told.get(conversationId);
    if (!told || told.version >= upTo) return;
    const held = this.held.get(conversationId);
    if (held) held.upTo = Math.max(held.upTo, upTo);
    else this.hold(conversationId, { from: told, upTo, steps: [] });
  }

  /**
   * While the database cannot be read only pushes wait. Who asked is told to ask again: the answer would
   * overtake what comes before it.
   */
  private refuse(): void {
    for (const held of this.held.values()) {
      held.reading = false;
      for (const step of held.steps) if (!step.push) step.fail?.();
      held.steps = held.steps.filter(({ push }) => push !== undefined);
    }
  }
}

/** How far the conversation had come before the first push among the steps that is after a version. */
function startOf(steps: readonly Step[], after = -1): Progress | null {
  for (const { push } of steps) {
    if (push && push.version > after) return { version: push.version - 1, seq: push.seqBefore };
  }
  return null;
}
