import { once } from 'node:events';
import { constants, deflateRawSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import { Person } from './support/person';
import { RawSocket } from './support/raw-socket';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;

beforeAll(async () => {
  server = await startApp({ WS_DEFLATE: '1' });
  ann = await Person.register(server.url);
});
afterEach(async () => {
  const socket = await ann.connect();
  await socket.settle();
  await ann.disconnect();
});
afterAll(() => server.stop());

const FIN = 0x80;
const RSV1 = 0x40;
const [CONTINUATION, TEXT, CLOSE, PING] = [0, 1, 8, 9] as const;

/** A frame as it goes over the wire, with a mask of zeros unless it is to have none. */
function frame(first: number, payload: Buffer | string = '', { masked = true, length = -1 } = {}): Buffer {
  const body = Buffer.from(payload);
  const size = length < 0 ? body.length : length;
  const head = size < 126 ? [size] : size < 65_536 ? [126, size >> 8, size & 255] : [127, ...eight(size)];
  head[0]! |= masked ? 0x80 : 0;
  return Buffer.concat([Buffer.from([first, ...head]), Buffer.alloc(masked ? 4 : 0), body]);
}

function eight(size: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return [...bytes];
}

interface Sent {
  write(data: Buffer): boolean;
  readonly destroyed: boolean;
}

async function open(): Promise<{ socket: RawSocket; tcp: Sent; closed: Promise<number> }> {
  const socket = await RawSocket.open(server.url, 'json', ann.tokens.accessToken);
  const closed = once(socket.raw, 'close').then(([code]) => code as number);
  return { socket, closed, tcp: (socket.raw as unknown as { _socket: Sent })._socket };
}

const bomb = deflateRawSync(Buffer.alloc(30_000_000), { finishFlush: constants.Z_SYNC_FLUSH });

describe('a frame that breaks WebSocket closes its connection', () => {
  it.each<[string, number, Buffer[]]>([
    ['too big', 1009, [frame(FIN | TEXT, Buffer.alloc(131_073, 'x'))]],
    ['that says it is 8 EiB long', 1009, [frame(FIN | TEXT, '', { length: 2 ** 52 })]],
    [
      'in fragments that are too big together',
      1009,
      Array.from({ length: 5 }, (_, i) => frame(i ? 0 : TEXT, 'x'.repeat(30_000))),
    ],
    ['that is a bomb', 1009, [frame(FIN | TEXT | RSV1, bomb.subarray(0, bomb.length - 4))]],
    [
      'that is a bomb in fragments',
      1009,
      [
        frame(TEXT | RSV1, bomb.subarray(0, 9_000)),
        frame(CONTINUATION, bomb.subarray(9_000, 18_000)),
        frame(FIN, bomb.subarray(18_000, -4)),
      ],
    ],
    ['that is no deflate', 1007, [frame(FIN | TEXT | RSV1, Buffer.alloc(20, 0xff))]],
    ['that is not UTF-8', 1007, [frame(FIN | TEXT, Buffer.from([0x22, 0xff, 0x22]))]],
    ['that is half of a character', 1007, [frame(FIN | TEXT, Buffer.from('👍').subarray(0, 3))]],
    ['that is a surrogate', 1007, [frame(FIN | TEXT, Buffer.from([0xed, 0xa0, 0x80]))]],
    ['of a kind that is none', 1002, [frame(FIN | 3)]],
    ['with reserved bits', 1002, [frame(FIN | 0x20 | TEXT, '{}')]],
    ['that is not masked', 1002, [frame(FIN | TEXT, '{}', { masked: false })]],
    ['that goes on with nothing', 1002, [frame(FIN | CONTINUATION, '{}')]],
    ['between the parts of another', 1002, [frame(TEXT, '{'), frame(FIN | TEXT, '{}')]],
    ['that is a ping in parts', 1002, [frame(PING, 'x')]],
    ['that is a ping too long', 1002, [frame(FIN | PING, 'x'.repeat(126))]],
    ['that is a close with half a code', 1002, [frame(FIN | CLOSE, Buffer.from([3]))]],
    ['that is a close with a code that is none', 1002, [frame(FIN | CLOSE, Buffer.from([0x03, 0xee]))]],
  ])('%s (%i)', async (_, code, frames) => {
    const { tcp, closed } = await open();
    for (const one of frames) tcp.write(one);
    expect(await closed).toBe(code);
  });

  it('never ending, in parts of one byte', async () => {
    const { tcp, closed } = await open();
    const parts = Buffer.concat(Array.from({ length: 1_000 }, () => frame(CONTINUATION, 'x')));
    tcp.write(frame(TEXT, '"'));
    for (let sent = 0; sent < 200 && !tcp.destroyed; sent++) {
      if (!tcp.write(parts)) await Promise.race([once(tcp as never, 'drain'), closed]);
    }
    expect([1008, 1009]).toContain(await closed);
  });
});

describe('a frame that is no request is answered', () => {
  const text = (data: string) => `{"event":"message.send","data":${data},"ref":1}`;
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it.each<[string, string, string]>([
    ['nested 10,000 deep', text(nested(10_000)), 'payload_invalid'],
    ['nested 33 deep', text(nested(33)), 'payload_invalid'],
    ['of 60,000 lists', text(`{"id":${'['.repeat(60_000)}${']'.repeat(60_000)}}`), 'payload_invalid'],
    [
      'of 20,000 properties',
      text(`{${Array.from({ length: 9_000 }, (_, i) => `"k${i}":1`).join()}}`),
      'payload_invalid',
    ],
    ['with __proto__', text('{"__proto__":{"admin":true}}'), 'payload_invalid'],
    ['with __proto__ by an escape', text('{"\\u005f_proto__":{"admin":true}}'), 'payload_invalid'],
    ['with constructor.prototype', text('{"constructor":{"prototype":{"admin":true}}}'), 'payload_invalid'],
    ['with a number that is none', text('{"id":1e400}'), 'payload_invalid'],
    ['with null for a cursor', '{"event":"sync","data":{"cursor":null},"ref":1}', 'payload_invalid'],
    ['with null for a limit', '{"event":"sync","data":{"limit":null},"ref":1}', 'payload_invalid'],
    ['without its data', '{"event":"message.send","ref":1}', 'payload_invalid'],
    ['whose data is null', text('null'), 'payload_invalid'],
    ['of an event that everybody has', '{"event":"toString","ref":1}', 'event_unknown'],
    ['of no event', '{"ref":1}', 'frame_invalid'],
  ])('%s, by its ref', async (_, sent, code) => {
    const { socket } = await open();
    expect(await socket.answersTo(sent)).toMatchObject([
      { event: 'reply', ref: 1, ok: false, error: { code } },
    ]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    socket.end();
  });

  it.each([
    ['empty', ''],
    ['cut off', '{"event":"ping","ref":1'],
    ['a list', '[{"event":"ping","ref":1}]'],
    ['two of them', '{"event":"ping"}{"event":"ping"}'],
    ['with a ref that is an object', '{"event":"ping","ref":{}}'],
    ['with a ref that is too long', JSON.stringify({ event: 'ping', ref: 'x'.repeat(65) })],
    ['with a ref that is not finite', '{"event":"ping","ref":1e400}'],
    ['of nothing but brackets', '['.repeat(100_000)],
  ])('%s, by an error', async (_, sent) => {
    const { socket } = await open();
    expect(await socket.answersTo(sent)).toMatchObject([
      { event: 'error', data: { error: { code: 'frame_invalid' } } },
    ]);
    socket.end();
  });

  it('of properties that come twice counts the last, and is answered once', async () => {
    const { socket } = await open();
    const twice = '{"ref":1,"event":"no.such","event":"ping","ref":2}';
    expect(await socket.answersTo(twice)).toMatchObject([{ event: 'reply', ref: 2, ok: true }]);
    socket.end();
  });

  it.each(['\\u0000', '\\ud800', '\\udc00\\ud800'])('with %s in a text, by name', async (escape) => {
    const { socket } = await open();
    const id = crypto.randomUUID();
    const sent = text(`{"id":"${id}","to":"${ann.id}","text":"a${escape}b"}`);
    expect(await socket.answersTo(sent)).toMatchObject([{ ref: 1, error: { code: 'text_invalid' } }]);
    socket.end();
  });

  it('in MessagePack, whatever else that has', async () => {
    const socket = await RawSocket.open(server.url, 'msgpack', ann.tokens.accessToken);
    const send = (data: unknown) => socket.answersTo(encode({ event: 'message.send', data, ref: 1 }));
    const polluting: unknown = JSON.parse('{"__proto__":{"admin":true}}');
    for (const data of [
      polluting,
      new Date(),
      Buffer.from('x'),
      { id: new Date() },
      { id: Buffer.alloc(9) },
      { id: NaN },
    ]) {
      expect(await send(data)).toMatchObject([{ event: 'reply', ref: 1, ok: false }]);
    }
    let deep: unknown = 1;
    for (let depth = 0; depth < 90; depth++) deep = [deep];
    expect(await send({ id: deep })).toMatchObject([{ ref: 1, error: { code: 'payload_invalid' } }]);
    // A list that says it is longer than memory, and lists in lists.
    for (const bytes of [[0xdd, 0xff, 0xff, 0xff, 0xff], Array<number>(100_000).fill(0x91)]) {
      expect(await socket.answersTo(Uint8Array.from(bytes))).toMatchObject([{ event: 'error' }]);
    }
    socket.end();
  });
});
