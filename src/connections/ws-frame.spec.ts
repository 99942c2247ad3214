import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { WsFrame } from './ws-frame';

// Its types leave it out.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** What a client's WebSocket makes of it. */
async function received(wsFrame: WsFrame): Promise<{ data: Buffer; isBinary: boolean }> {
  const receiver = new Receiver({ isServer: false });
  const message = new Promise<{ data: Buffer; isBinary: boolean }>((resolve) => {
    receiver.on('message', (data: Buffer, isBinary: boolean) => resolve({ data, isBinary }));
  });
  receiver.write(wsFrame.bytes);
  return message;
}

describe('WsFrame', () => {
  // Where the header changes its length.
  it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])('is a frame of %d bytes', async (length) => {
    const text = 'é'.repeat(length / 2) + 'x'.repeat(length % 2);
    expect(await received(WsFrame.ofText(text))).toEqual({ data: Buffer.from(text), isBinary: false });
    const bytes = Buffer.alloc(length, 7);
    const wire = WsFrame.ofBytes('msgpack', bytes);
    expect(await received(wire)).toEqual({ data: bytes, isBinary: true });
    expect(wire.payload).toEqual(bytes);
  });
});
