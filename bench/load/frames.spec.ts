import { MASK, maskedFrame, OPCODE, readFrames } from './frames';

/** A frame as a server writes it. */
function frame(text: string, opcode: number = OPCODE.text): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = Math.min(payload.length, { 2: 125, 4: 126, 10: 127 }[head.length] as number);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** What was read, and what was left. */
function read(bytes: Buffer): { texts: string[]; left: number } {
  const texts: string[] = [];
  const at = readFrames(bytes, 0, bytes.length, (opcode, all, from, to) => {
    texts.push(`${opcode}:${all.toString('utf8', from, to)}`);
    return true;
  });
  return { texts, left: bytes.length - at };
}

describe('readFrames', () => {
  const lengths = [0, 1, 125, 126, 65_535, 65_536, 70_000];

  it.each(lengths)('reads a frame of %d bytes, and those around it', (length) => {
    const long = 'x'.repeat(length);
    const bytes = Buffer.concat([frame('before'), frame(long), frame('', OPCODE.ping)]);
    expect(read(bytes)).toEqual({ texts: ['1:before', `1:${long}`, '9:'], left: 0 });
  });

  it.each(lengths)('leaves a frame of %d bytes that is not whole', (length) => {
    const whole = frame('x'.repeat(length));
    for (const cut of [1, 2, 3, 4, 9, 10, whole.length - 1].filter((at) => at < whole.length)) {
      const bytes = Buffer.concat([frame('before'), whole.subarray(0, cut)]);
      expect(read(bytes)).toEqual({ texts: ['1:before'], left: cut });
    }
  });

  it('stops where it is told to', () => {
    const bytes = Buffer.concat([frame('one'), frame('two')]);
    expect(readFrames(bytes, 0, bytes.length, () => false)).toBe(5);
  });

  it('refuses fragments and masks', () => {
    expect(() => read(Buffer.from([0x01, 0]))).toThrow('does not read');
    expect(() => read(Buffer.from([0x81, 0x80]))).toThrow('does not read');
  });
});

describe('maskedFrame', () => {
  it.each([5, 126, 65_535])('masks %d bytes', (length) => {
    const bytes = maskedFrame(Buffer.from('y'.repeat(length)));
    const head = length < 126 ? 2 : 4;
    expect(bytes[0]).toBe(0x81);
    expect(bytes.subarray(head, head + 4)).toEqual(Buffer.alloc(4, MASK));
    expect(bytes.subarray(head + 4).map((byte) => byte ^ MASK)).toEqual(Buffer.alloc(length, 'y'));
  });

  it('refuses what the bench does not write', () => {
    expect(() => maskedFrame(Buffer.alloc(65_536))).toThrow('64 KiB');
  });
});
