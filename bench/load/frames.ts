/** Opcodes of RFC 6455. */
export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/**
 * The mask of every frame that the generator writes.
 *
 * Four times the same byte, so that a digit is masked alike wherever it stands; not 0, which servers skip.
 */
export const MASK = 0x5a;

const FINAL = 0x80;
const MASKED = 0x80;

/** A frame as a client writes it. */
export function maskedFrame(payload: Buffer, opcode: number = OPCODE.text): Buffer {
  const { length } = payload;
  if (length > 0xffff) throw new Error('the bench writes no frames above 64 KiB');
  const size = length < 126 ? [MASKED | length] : [MASKED | 126, length >> 8, length & 0xff];
  const head = Buffer.from([FINAL | opcode, ...size, MASK, MASK, MASK, MASK]);
  return Buffer.concat([head, payload.map((byte) => byte ^ MASK)]);
}

/** Takes a frame: its payload is from `from` to `to` in the bytes given. False ends the reading. */
export type TakeFrame = (opcode: number, bytes: Buffer, from: number, to: number) => boolean;

/**
 * Reads whole frames of a server, and returns where the first one that is not whole begins.
 *
 * What a server of the bench never sends (fragments, masks, 4 GiB) is refused.
 */
export function readFrames(bytes: Buffer, from: number, to: number, take: TakeFrame): number {
  let at = from;
  while (to - at >= 2) {
    const first = bytes[at] as number;
    let length = bytes[at + 1] as number;
    let payload = at + 2;
    if ((first & 0xf0) !== FINAL || length > 127) throw new Error('a frame that the bench does not read');
    if (length === 126) {
      if (to - at < 4) break;
      length = bytes.readUInt16BE(payload);
      payload += 2;
    } else if (length === 127) {
      if (to - at < 10) break;
      if (bytes.readUInt32BE(payload) > 0) throw new Error('a frame that the bench does not read');
      length = bytes.readUInt32BE(payload + 4);
      payload += 8;
    }
    if (to - payload < length) break;
    at = payload + length;
    if (!take(first & 0x0f, bytes, payload, at)) break;
  }
  return at;
}
