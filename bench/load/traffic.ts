import { Histogram } from '../../tools/support/histogram';
import type { Connection } from './connection';
import type { Crowd } from './crowd';
import { latencyOf } from './latency';
import type { LoadPlan, LoadResult } from './messages';
import { KIND, Reader, seqIn } from './reader';
import { Rooms } from './rooms';
import { Schedule } from './schedule';
import { Tally } from './tally';
import { WIRES, type Wire } from './wires';

/** Messages written before what has arrived is read. */
const BURST = 128;
/** For how long nothing must come until what is missing is given up. */
const QUIET = 5_000;
const PATIENCE = 30_000;

/** Told when the part that is measured begins and ends. */
export type Tell = (news: 'began' | 'ended') => void;

/** The messages of one plan: written when they are due, and followed until all are where they belong. */
export class Traffic {
  private readonly wire: Wire;
  private readonly reader: Reader;
  private readonly rooms: Rooms;
  private readonly tally: Tally;
  private readonly schedule: Schedule;
  private readonly delivery = new Histogram();
  private readonly answer = new Histogram();
  private readonly lateness = new Histogram();
  private readonly alreadyClosed: number;
  private complaint: string | undefined;
  private lastNews = 0;

  /** @param first The number of its first message: what comes of an earlier plan has a smaller one. */
  constructor(
    private readonly crowd: Crowd,
    private readonly plan: LoadPlan,
    private readonly first: number,
  ) {
    const { wire, clients } = crowd.plan;
    this.wire = WIRES[wire];
    this.reader = new Reader(this.wire);
    this.rooms = new Rooms(
      clients.map(({ room }) => room),
      plan.writers,
    );
    const total = plan.warmUp + Math.round(plan.rate * plan.seconds);
    this.tally = new Tally(this.rooms, total, clients.length);
    this.schedule = new Schedule(performance.now() + 10, plan.rate, total);
    this.alreadyClosed = crowd.closed;
  }

  get total(): number {
    return this.schedule.total;
  }

  async run(tell: Tell): Promise<LoadResult> {
    await this.until(this.plan.warmUp);
    tell('began');
    const before = { ...this.counts(), at: performance.now(), cpu: process.cpuUsage() };
    await this.until(this.total);
    tell('ended');
    const seconds = (performance.now() - before.at) / 1_000;
    const cpu = process.cpuUsage(before.cpu);
    const { delivered: deliveredInTime, answered: answeredInTime } = this.counts();
    await this.settle();
    const { sent, delivered, refused, unanswered, reordered } = this.tally;
    return {
      sentRate: (this.total - this.plan.warmUp) / seconds,
      answeredRate: (answeredInTime - before.answered) / seconds,
      deliveredRate: (deliveredInTime - before.delivered) / seconds,
      ...{ delivery: latencyOf(this.delivery), answer: latencyOf(this.answer) },
      ...{ measured: this.total - this.plan.warmUp, sent, delivered, refused, unanswered },
      ...{ ...this.tally.losses(), reordered, closed: this.crowd.closed - this.alreadyClosed },
      generatorCpu: (cpu.user + cpu.system) / 1e6 / seconds,
      lateness: this.lateness.quantile(0.99),
      complaint: this.complaint ?? this.crowd.complaint,
    };
  }

  /** A frame of the server has arrived. */
  take(connection: Connection, bytes: Buffer, from: number, to: number): void {
    const now = performance.now();
    this.lastNews = now;
    const kind = this.reader.read(bytes, from, to);
    if (kind === KIND.ping) return connection.write(this.wire.ping?.[1] ?? '');
    const n = this.reader.number - this.first;
    if (kind === KIND.other || n < 0 || n >= this.total) return;
    if (kind === KIND.push) {
      const seq = this.wire.numbers ? seqIn(bytes, from, to) : -1;
      this.tally.deliver(n, connection.index, seq);
      if (n >= this.plan.warmUp) this.delivery.add(now - this.schedule.due(n));
      if (this.plan.mixed) this.acknowledge(connection, ['delivered', 'read'], seq);
      return;
    }
    if (kind === KIND.refusal) this.complaint ??= bytes.toString('utf8', from, Math.min(to, from + 300));
    const isFirst = this.tally.answer(n, kind === KIND.answer);
    if (!isFirst || kind === KIND.refusal) return;
    if (n >= this.plan.warmUp) this.answer.add(now - this.schedule.due(n));
    if (this.plan.mixed) this.acknowledge(connection, ['read'], seqIn(bytes, from, to));
  }

  private counts(): { delivered: number; answered: number } {
    return { delivered: this.tally.delivered, answered: this.tally.answered };
  }

  /** Writes what is due, up to that message. */
  private until(end: number): Promise<void> {
    return new Promise((resolve) => {
      const step = () => {
        const now = performance.now();
        this.schedule.take(now, Math.min(BURST, end - this.schedule.taken), (n, due) => {
          this.lateness.add(now - due);
          this.send(n);
        });
        if (this.schedule.taken >= end) resolve();
        else if (this.schedule.isBehind(performance.now())) setImmediate(step);
        else setTimeout(step, 1);
      };
      step();
    });
  }

  private send(n: number): void {
    const writer = this.crowd.connections[this.rooms.writerOf(n)];
    if (!writer) return;
    if (this.plan.mixed) this.type(writer, n);
    if (writer.send(n + this.first, Date.now())) this.tally.send(n);
  }

  /** Who writes has begun to a while before, and has ended when the message goes. */
  private type(writer: Connection, n: number): void {
    const ahead = this.rooms.writerOf(n + Math.ceil(this.rooms.writers.length / 2));
    const next = this.crowd.connections[ahead];
    if (next && this.wire.typing) next.write(this.wire.typing(next.client, true));
    if (this.wire.typing) writer.write(this.wire.typing(writer.client, false));
  }

  private acknowledge(connection: Connection, events: readonly string[], seq: number): void {
    for (const event of events) {
      const frame = this.wire.receipt?.(connection.client, event, seq);
      if (frame !== undefined && seq > 0) connection.write(frame);
    }
  }

  /** Waits until all is answered and delivered, or nothing comes any more. */
  private async settle(): Promise<void> {
    const begun = performance.now();
    this.lastNews = begun;
    while (!this.tally.settled) {
      const now = performance.now();
      if (now - this.lastNews > QUIET || now - begun > PATIENCE) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // What comes twice comes at once.
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
