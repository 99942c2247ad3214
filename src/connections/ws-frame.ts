import type { Encoding } from '@parley/protocol';

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_16 = 65_535;

// Frames of half a kilobyte are cut from slabs, and each slab costs the collector as much as many objects.
Buffer.poolSize = 65_536;

/** A payload as one WebSocket frame of a server: final, not masked, not compressed (RFC 6455, 5.2). */
export class WsFrame {
  private constructor(
    /** Header and payload. */
    readonly bytes: Buffer,
    private readonly start: number,
  ) {}

  static ofText(text: string): WsFrame {
    const length = Buffer.byteLength(text);
    const made = WsFrame.withHeader('json', length);
    made.bytes.write(text, made.start);
    return made;
  }

  static ofBytes(encoding: Encoding, bytes: Uint8Array): WsFrame {
    const made = WsFrame.withHeader(encoding, bytes.length);
    made.bytes.set(bytes, made.start);
    return made;
  }

  get payload(): Buffer {
    return this.bytes.subarray(this.start);
  }

  private static withHeader(encoding: Encoding, length: number): WsFrame {
    const start = length < LENGTH_16 ? 2 : length <= MAX_16 ? 4 : 10;
    const frame = Buffer.allocUnsafe(start + length);
    frame[0] = encoding === 'json' ? FINAL_TEXT : FINAL_BINARY;
    frame[1] = start === 2 ? length : start === 4 ? LENGTH_16 : LENGTH_64;
    if (start === 4) frame.writeUInt16BE(length, 2);
    else if (start > 4) frame.writeBigUInt64BE(BigInt(length), 2);
    return new WsFrame(frame, start);
  }
}
