import type { Histogram } from '../support/histogram';
import type { Ledger, Verdict } from './ledger';
import type { People } from './people';

/** What a replay comes to. */
export interface Outcome {
  accounts: number;
  conversations: number;
  /** Lines handed to the server. */
  sent: number;
  seconds: number;
  pushes: number;
  toPush: Histogram;
  toReply: Histogram;
  refused: readonly string[];
  verdict: Verdict;
}

const SHOWN_REFUSALS = 5;

/** Whether every message was stored once and reached everybody once, in order, as it was sent. */
export function isFlawless({ sent, refused, verdict }: Outcome): boolean {
  const { lost, duplicated, reordered, leaked, altered, stored } = verdict;
  const faults = lost + duplicated + reordered + leaked + altered;
  return faults === 0 && stored === sent && refused.length === 0;
}

/** The lines that are printed at the end. */
export function describe(outcome: Outcome): string[] {
  const { sent, seconds, pushes, refused, verdict } = outcome;
  const { stored, expected, received, lost, duplicated, reordered, leaked, altered } = verdict;
  const perSecond = (n: number) => `${number(n / Math.max(seconds, 0.001))}/s`;
  return [
    `${number(outcome.accounts)} accounts, ${number(outcome.conversations)} conversations, ${number(sent)} messages`,
    `${seconds.toFixed(1)} s: ${perSecond(sent)} sent, ${perSecond(pushes)} delivered`,
    `send to push   ${quantiles(outcome.toPush)}`,
    `send to reply  ${quantiles(outcome.toReply)}`,
    `sent ${number(sent)}, stored ${number(stored)}; to be received ${number(expected)}, received ${number(received)}`,
    ...refused.slice(0, SHOWN_REFUSALS).map((refusal) => `refused: ${refusal}`),
    ...(refused.length > SHOWN_REFUSALS ? [`and ${refused.length - SHOWN_REFUSALS} more were refused`] : []),
    ...(leaked + altered > 0 ? [`leaked ${leaked}, altered ${altered}`] : []),
    `lost ${lost}, duplicated ${duplicated}, reordered ${reordered}`,
  ];
}

/** Shows how far it has got: in place on a terminal, otherwise a line now and then. */
export class Progress {
  private readonly timer: NodeJS.Timeout;
  private readonly onTerminal = process.stderr.isTTY;
  private lastSent = 0;
  private lastPushes = 0;
  private lastAt = performance.now();

  constructor(private readonly parts: { ledger: Ledger; people: People; total: number; done: () => string }) {
    this.timer = setInterval(() => this.show(), this.onTerminal ? 500 : 3_000);
  }

  end(): void {
    clearInterval(this.timer);
    if (this.onTerminal) process.stderr.write('\r\u001b[K');
  }

  private show(): void {
    const { ledger, people, total, done } = this.parts;
    const now = performance.now();
    const seconds = (now - this.lastAt) / 1_000;
    const sent = ledger.toReply.count;
    const pushes = ledger.toPush.count;
    const line =
      `${number(sent)} of ${number(total)} messages, ${done()} conversations, ` +
      `${number((sent - this.lastSent) / seconds)} sent/s, ${number((pushes - this.lastPushes) / seconds)} delivered/s, ` +
      `${number(people.connected)} connected`;
    process.stderr.write(
      this.onTerminal ? `\r\u001b[K${line.slice(0, process.stderr.columns - 1)}` : `${line}\n`,
    );
    Object.assign(this, { lastSent: sent, lastPushes: pushes, lastAt: now });
  }
}

function quantiles(histogram: Histogram): string {
  const show = (share: number) => `p${share * 100} ${histogram.quantile(share).toFixed(1)} ms`;
  return [0.5, 0.95, 0.99].map(show).join(', ');
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}
