import { ParleyError } from '../core/error';
import { ParleySocket, type SocketOptions } from './socket';

const READY = { userId: 'u1', sessionId: 's1', connectionId: 'c1', heartbeatSeconds: 20, expiresIn: 900 };

/** A WebSocket whose other end is the test. */
class FakeWebSocket {
  static last: FakeWebSocket;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message?: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: any[] = [];

  constructor(
    readonly url: string,
    readonly protocols: string[],
    readonly options?: { headers: Record<string, string> },
  ) {
    FakeWebSocket.last = this;
  }

  send(data: string) {
    this.sent.push(JSON.parse(data));
  }

  close(code = 1005, reason = '') {
    this.onclose?.({ code, reason });
  }

  push(frame: unknown) {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }

  reply(data: unknown) {
    this.push({ event: 'reply', ref: this.sent.at(-1).ref, ok: true, data });
  }
}

function connecting(options: Partial<SocketOptions> = {}) {
  const promise = ParleySocket.connect({
    url: 'https://chat.example.org/',
    accessToken: 'token',
    WebSocket: FakeWebSocket,
    ...options,
  } as SocketOptions);
  return { promise, server: FakeWebSocket.last };
}

async function connected(options: Partial<SocketOptions> = {}) {
  const { promise, server } = connecting({ authenticate: 'header', ...options } as Partial<SocketOptions>);
  server.onopen?.();
  server.push({ event: 'ready', data: READY });
  return { socket: await promise, server };
}

describe('ParleySocket.connect', () => {
  it('asks for the subprotocol at the path of sockets', () => {
    const { server } = connecting();
    expect(server.url).toBe('wss://chat.example.org/ws');
    expect(server.protocols).toEqual(['parley.v1']);
    expect(server.options).toBeUndefined();
  });

  it('authenticates by the first frame, and never by the URL', async () => {
    const { promise, server } = connecting();
    expect(server.sent).toEqual([]);
    server.onopen?.();
    expect(server.sent).toEqual([{ event: 'auth', data: { accessToken: 'token' }, ref: 1 }]);
    server.push({ event: 'ready', data: READY });
    server.reply(READY);
    expect((await promise).ready.userId).toBe('u1');
  });

  it('authenticates by a header where the constructor takes one', async () => {
    const { server } = await connected();
    expect(server.options).toEqual({ headers: { authorization: 'Bearer token' } });
    expect(server.sent).toEqual([]);
  });

  it('rejects with the error of a refused token', async () => {
    const { promise, server } = connecting();
    server.onopen?.();
    const error = { code: 'token_expired', message: 'It is old.', retryable: false };
    server.push({ event: 'reply', ref: 1, ok: false, error });
    await expect(promise).rejects.toMatchObject({ name: 'ParleyError', ...error });
  });

  it('rejects with why there was no connection', async () => {
    const { promise, server } = connecting();
    server.onerror?.({ message: 'Unexpected server response: 401' });
    server.close(1006);
    await expect(promise).rejects.toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining('1006: Unexpected server response: 401'),
    });
  });
});

describe('ParleySocket', () => {
  it('hands each reply to its request, in whatever order they come', async () => {
    const { socket, server } = await connected();
    const first = socket.request('ping');
    const second = socket.request('ping');
    server.push({ event: 'reply', ref: server.sent[1].ref, ok: true, data: { at: 'second' } });
    server.push({ event: 'reply', ref: server.sent[0].ref, ok: true, data: { at: 'first' } });
    expect(await first).toEqual({ at: 'first' });
    expect(await second).toEqual({ at: 'second' });
  });

  it('rejects with the code, message, retryable and details of a failure', async () => {
    const { socket, server } = await connected();
    const asked = socket.request('message.send', { id: 'm', conversationId: 'c', text: 'hello' });
    const error = {
      code: 'rate_limited',
      message: 'Wait.',
      retryable: true,
      details: { retryAfterMs: 50 },
    };
    server.push({ event: 'reply', ref: server.sent[0].ref, ok: false, error });
    await expect(asked).rejects.toBeInstanceOf(ParleyError);
    await expect(asked).rejects.toMatchObject(error);
  });

  it('tells listeners of pushes until they have had enough', async () => {
    const early: unknown[] = [];
    const { socket, server } = await connected({ listeners: { ready: ({ userId }) => early.push(userId) } });
    const seen: number[] = [];
    const off = socket.on('message.created', ({ message }) => seen.push(message.seq));
    server.push({ event: 'message.created', data: { message: { seq: 1 } } });
    off();
    server.push({ event: 'message.created', data: { message: { seq: 2 } } });
    expect(seen).toEqual([1]);
    expect(early).toEqual(['u1']);
  });

  it('shows the tap pushes and replies in the order in which they came', async () => {
    const seen: string[] = [];
    const { socket, server } = await connected({ tap: (frame) => seen.push(frame.event) });
    const asked = socket.request('ping').then(() => seen.push('promise'));
    server.reply({ at: 'now' });
    server.push({ event: 'message.created', data: { message: { seq: 1 } } });
    await asked;
    expect(seen).toEqual(['ready', 'reply', 'message.created', 'promise']);
  });

  it('drops what is no frame of ours', async () => {
    const { socket, server } = await connected();
    for (const frame of ['{', '7', 'null', '{}', { event: 'of.a.later.version' }]) server.push(frame);
    server.onmessage?.({ data: new Uint8Array() });
    const asked = socket.request('ping');
    server.reply({ at: 'now' });
    expect(await asked).toEqual({ at: 'now' });
  });

  it.each([
    [4401, 'refresh'],
    [4409, 'stop'],
    [4503, 'reconnect'],
    [1006, 'reconnect'],
  ])('advises after a close with %i: %s', async (code, advice) => {
    const { socket, server } = await connected();
    server.close(code, 'why');
    expect(await socket.closed).toEqual({ code, reason: 'why', advice });
  });

  it('fails what waits when the connection ends, and what is asked after', async () => {
    const { socket, server } = await connected();
    const asked = socket.request('ping');
    server.close(4503, 'draining');
    await expect(asked).rejects.toMatchObject({ code: 'connection_lost', retryable: true });
    await expect(socket.request('ping')).rejects.toMatchObject({ code: 'connection_lost' });
    expect(server.sent).toHaveLength(1);
  });

  it('ends when told to', async () => {
    const { socket } = await connected();
    socket.close();
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });
});
