import { MASK, maskedFrame } from './frames';

/** Numbers are written with this added, so that all have nine digits. */
const BASE = 100_000_000;
const DIGITS = 9;

/** The number of the message, and an id of its own: what differs between two messages of a client. */
export const NUMBER = '#'.repeat(DIGITS);
export const ID = '________-____-7___-8___-____________';

const HEX = Buffer.from('0123456789abcdef').map((byte) => byte ^ MASK);
const ZERO = 0x30;
const RUN = Math.floor(Math.random() * 0xff_ffff);

/** A frame built once, in which number and id are put before it is written. */
export class Stamp {
  private frame: Buffer;
  private readonly numbers: number[];
  private readonly ids: number[];

  constructor(text: string) {
    this.frame = maskedFrame(Buffer.from(text));
    const head = this.frame.length - Buffer.byteLength(text);
    this.numbers = places(text, NUMBER).map((at) => at + head);
    this.ids = places(text, ID).map((at) => at + head);
  }

  /** The frame of a message; good until the next one is asked for. */
  of(n: number, milliseconds: number): Buffer {
    for (const at of this.numbers) this.putNumber(at, n + BASE);
    for (const at of this.ids) this.putId(at, n, milliseconds);
    return this.frame;
  }

  /** Somebody still needs the last frame as it is. */
  letGo(): void {
    this.frame = Buffer.from(this.frame);
  }

  private putNumber(at: number, value: number): void {
    for (let i = at + DIGITS - 1, left = value; i >= at; i--, left = Math.floor(left / 10)) {
      this.frame[i] = (ZERO + (left % 10)) ^ MASK;
    }
  }

  // Like a UUID of version 7: its time first, so that indexes grow at their end.
  private putId(at: number, n: number, milliseconds: number): void {
    this.putHex(at, Math.floor(milliseconds / 0x1_0000), 8);
    this.putHex(at + 9, milliseconds & 0xffff, 4);
    this.putHex(at + 15, n & 0xfff, 3);
    this.putHex(at + 20, n >>> 12, 3);
    this.putHex(at + 24, RUN, 6);
    this.putHex(at + 30, n, 6);
  }

  private putHex(at: number, value: number, digits: number): void {
    for (let i = at + digits - 1, left = value; i >= at; i--, left = Math.floor(left / 16)) {
      this.frame[i] = HEX[left % 16] as number;
    }
  }
}

/** The number of a message that stands there; negative when none does. */
export function numberAt(bytes: Buffer, at: number, to: number): number {
  return countAt(bytes, at, to) - BASE;
}

/** The digits that stand there; -1 when none do. */
export function countAt(bytes: Buffer, at: number, to: number): number {
  let value = 0;
  let end = at;
  for (; end < to; end++) {
    const digit = (bytes[end] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return end === at ? -1 : value;
}

function places(text: string, what: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) found.push(at);
  return found;
}
