import { KIND, Reader, seqIn } from './reader';
import { WIRES } from './wires';

function read(wire: keyof typeof WIRES, text: string): [kind: number, number: number] {
  const reader = new Reader(WIRES[wire]);
  // As within a larger read: what is around it must not matter.
  const bytes = Buffer.from(`100000009${text}{"ref":100000009,"ok":true,"text":"100000009"`);
  return [reader.read(bytes, 9, 9 + Buffer.byteLength(text)), reader.number];
}

describe('Reader', () => {
  it.each([
    ['parley', '{"event":"message.created","data":{"message":{"seq":3,"text":"100000007 x"}}}'],
    ['relay', '{"from":"u1","id":"a","text":"100000007 x"}'],
    ['socketIo', '42["message",{"from":"u1","text":"100000007 x"}]'],
    ['nest', '{"event":"message","data":{"from":"u1","text":"100000007 x"}}'],
  ] as const)('knows a push of %s', (wire, text) => {
    expect(read(wire, text)).toEqual([KIND.push, 7]);
  });

  it.each([
    ['parley', '{"event":"reply","ref":100000007,"ok":true,"data":{"message":{"text":"100000007"}}}'],
    ['relay', '{"ref":100000007}'],
    ['socketIo', '43100000007[]'],
    ['nest', '{"event":"sent","data":{"ref":100000007}}'],
  ] as const)('knows an answer of %s', (wire, text) => {
    expect(read(wire, text)).toEqual([KIND.answer, 7]);
  });

  it('knows a refusal', () => {
    expect(read('parley', '{"event":"reply","ref":100000007,"ok":false,"error":{}}')).toEqual([
      KIND.refusal,
      7,
    ]);
  });

  it('knows a ping, and passes over the rest', () => {
    expect(read('socketIo', '2')[0]).toBe(KIND.ping);
    expect(read('parley', '{"event":"typing.changed","data":{}}')[0]).toBe(KIND.other);
    expect(read('parley', '')[0]).toBe(KIND.other);
  });

  it('finds no number where there is none', () => {
    expect(read('parley', '{"event":"message.created","data":{}}')[1]).toBeLessThan(0);
  });
});

describe('seqIn', () => {
  it('reads the seq of a message', () => {
    const bytes = Buffer.from('{"seq":17}{"seq":18}');
    expect(seqIn(bytes, 0, 10)).toBe(17);
    expect(seqIn(bytes, 1, 5)).toBe(-1);
  });
});
