import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { decodeFrame, encode, FrameError } from './codec';

const json = (text: string) => decodeFrame('json', Buffer.from(text), false);

describe('decodeFrame', () => {
  it('reads an envelope in either encoding', () => {
    const frame = { event: 'ping', data: { a: 1 }, ref: 'x' };
    expect(json(JSON.stringify(frame))).toEqual(frame);
    expect(decodeFrame('msgpack', encode('msgpack', frame), true)).toEqual(frame);
    expect(json('{"event":"ping"}')).toEqual({ event: 'ping', data: undefined });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '"ping"',
    '{"data":{}}',
    '{"event":1}',
    '{"event":"a","ref":{}}',
    '{"event":"a","ref":null}',
  ])('refuses %s', (text) => expect(() => json(text)).toThrow(FrameError));

  it('refuses bytes that are not UTF-8, and the frame type of the other encoding', () => {
    expect(() => decodeFrame('json', Buffer.from([0x22, 0xff, 0x22]), false)).toThrow(FrameError);
    expect(() => decodeFrame('json', Buffer.from('{"event":"ping"}'), true)).toThrow(/binary/);
    expect(() => decodeFrame('msgpack', encode('msgpack', { event: 'ping' }), false)).toThrow(/text/);
  });

  it('keeps the ref of a frame that is otherwise wrong', () => {
    expect(() => json('{"ref":7}')).toThrow(expect.objectContaining({ ref: 7 }));
    const polluting = encode('msgpack', JSON.parse('{"event":"ping","data":{"__proto__":{}},"ref":"x"}'));
    expect(() => decodeFrame('msgpack', polluting, true)).toThrow(expect.objectContaining({ ref: 'x' }));
  });

  it('ends in a frame or a FrameError whatever comes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        fc.constantFrom('json', 'msgpack'),
        (bytes, binary, encoding) => {
          try {
            const frame = decodeFrame(encoding, Buffer.from(bytes), binary);
            expect(typeof frame.event).toBe('string');
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError);
          }
        },
      ),
    );
  });
});

describe('encode', () => {
  it('keeps any JSON value in both encodings', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = JSON.stringify(value);
        // MessagePack's decoder refuses this key, as requests do.
        fc.pre(!json.includes('"__proto__":'));
        const plain: unknown = JSON.parse(json);
        expect(JSON.parse(encode('json', plain).toString())).toEqual(plain);
        expect(decode(encode('msgpack', plain))).toEqual(plain);
      }),
    );
  });
});
