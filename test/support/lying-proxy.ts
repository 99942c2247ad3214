import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';

/** What becomes of what a server says. */
export interface Lie {
  /** The frames that go on to the client instead of one. */
  frames?(frame: Record<string, unknown>): Record<string, unknown>[];
  close?(code: number): number;
}

/** Stands before a server, passes on what clients say, and breaks a promise in what it answers. */
export class LyingProxy {
  private constructor(private readonly server: Server) {}

  static async start(url: string, lie: Lie): Promise<LyingProxy> {
    const server = createServer((incoming, response) => {
      const { method, headers } = incoming;
      const outgoing = request(url + (incoming.url ?? ''), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      incoming.pipe(outgoing);
    });
    server.on('upgrade', (incoming, socket, head) => passOn(url, lie, { incoming, socket, head }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LyingProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

interface Upgrade {
  incoming: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

function passOn(url: string, lie: Lie, { incoming, socket, head }: Upgrade): void {
  const { authorization, 'sec-websocket-protocol': offered } = incoming.headers;
  const protocols = offered?.split(',').map((each) => each.trim()) ?? [];
  const far = new WebSocket(url.replace(/^http/, 'ws') + (incoming.url ?? ''), protocols, {
    headers: authorization === undefined ? {} : { authorization },
  });
  const waiting: [Buffer, boolean][] = [];
  let near: WebSocket | undefined;
  far.on('message', (data: Buffer, isBinary: boolean) => {
    if (near) say(near, lie, data, isBinary);
    else waiting.push([data, isBinary]);
  });
  far.on('error', () => undefined);
  far.on('unexpected-response', (_request, answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
    answer.pipe(socket);
  });
  far.on('open', () => {
    const server = new WebSocketServer({ noServer: true, handleProtocols: () => far.protocol || false });
    server.handleUpgrade(incoming, socket, head, (opened) => {
      near = opened;
      for (const [data, isBinary] of waiting) say(opened, lie, data, isBinary);
      opened.on('message', (data: Buffer, isBinary: boolean) => far.send(data, { binary: isBinary }));
      opened.on('close', () => far.terminate());
      far.on('close', (code, reason) => {
        // 1005 and 1006 cannot be sent.
        if (code === 1005 || code === 1006) opened.terminate();
        else opened.close(lie.close?.(code) ?? code, reason.toString());
      });
    });
  });
}

function say(near: WebSocket, lie: Lie, data: Buffer, isBinary: boolean): void {
  if (isBinary || !lie.frames) return near.send(data, { binary: isBinary });
  const frames = lie.frames(JSON.parse(data.toString()) as Record<string, unknown>);
  for (const frame of frames) near.send(JSON.stringify(frame));
}
