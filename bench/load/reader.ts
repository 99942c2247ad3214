import { countAt, numberAt } from './stamp';
import type { Wire } from './wires';

export const KIND = { other: 0, push: 1, answer: 2, refusal: 3, ping: 4 } as const;

/** Says of a server's frames what they are, without parsing or copying them. */
export class Reader {
  /** Of the last push or answer: the number of the message. */
  number = -1;
  private readonly pushBegin: Buffer;
  private readonly pushNumber: Buffer;
  private readonly answerBegin: Buffer;
  private readonly answerNumber: Buffer;
  private readonly good: Buffer;
  private readonly ping: Buffer | undefined;

  constructor({ push, answer, good = '', ping }: Wire) {
    this.pushBegin = Buffer.from(push.begin);
    this.pushNumber = Buffer.from(push.number);
    this.answerBegin = Buffer.from(answer.begin);
    this.answerNumber = Buffer.from(answer.number);
    this.good = Buffer.from(good);
    this.ping = ping && Buffer.from(ping[0]);
  }

  read(bytes: Buffer, from: number, to: number): number {
    if (isAt(bytes, this.pushBegin, from, to)) {
      this.number = numberAt(bytes, behind(bytes, this.pushNumber, from, to), to);
      return KIND.push;
    }
    if (isAt(bytes, this.answerBegin, from, to)) {
      const at = behind(bytes, this.answerNumber, from, to);
      this.number = numberAt(bytes, at, to);
      return behind(bytes, this.good, from, to) < to + 1 ? KIND.answer : KIND.refusal;
    }
    const { ping } = this;
    return ping && to - from === ping.length && isAt(bytes, ping, from, to) ? KIND.ping : KIND.other;
  }
}

const SEQ = Buffer.from('"seq":');

/** The seq that a frame of Parley's tells; -1 when it has none. */
export function seqIn(bytes: Buffer, from: number, to: number): number {
  return countAt(bytes, behind(bytes, SEQ, from, to), to);
}

function isAt(bytes: Buffer, what: Buffer, at: number, to: number): boolean {
  if (to - at < what.length) return false;
  for (let i = what.length - 1; i >= 0; i--) if (bytes[at + i] !== what[i]) return false;
  return true;
}

// Buffer.indexOf would search on behind the frame, through all that was read with it.
function behind(bytes: Buffer, what: Buffer, from: number, to: number): number {
  for (let at = from; at <= to - what.length; at++) if (isAt(bytes, what, at, to)) return at + what.length;
  return to + 1;
}
