import type { Uuid } from '@parley/protocol';
import { host } from './host';

/** Makes UUIDs of version 7: the later the greater, also within a millisecond and when the clock is set back. */
export function uuidMaker(now: () => number, fill: (bytes: Uint8Array) => void = randomly): () => Uuid {
  let last = 0;
  let count = 0;
  return () => {
    const at = Math.max(now(), last);
    count = at > last ? 0 : count + 1;
    // Twelve bits count within a millisecond; when they are used up, the next one is borrowed.
    last = at + (count >> 12);
    count &= 0xfff;
    const bytes = new Uint8Array(8);
    fill(bytes);
    bytes[0] = 0x80 | (bytes[0]! & 0x3f);
    const random = Array.from(bytes, (byte) => hex(byte, 2)).join('');
    const time = hex(last, 12);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(count, 3)}-${random.slice(0, 4)}-${random.slice(4)}`;
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

// React Native has no crypto of its own: ids need to be unique, not secret.
function randomly(bytes: Uint8Array): void {
  if (host.crypto) host.crypto.getRandomValues(bytes);
  else bytes.forEach((_, index) => (bytes[index] = Math.floor(Math.random() * 256)));
}
