import { createServer, type IncomingMessage } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { announce } from './announce';
import { keepBy, type Row } from './store';

// A relay on bare `ws`: who writes to a room is heard by all others who are in it.

const keep = keepBy(process.argv[2] ?? 'nothing');
const rooms = new Map<string, Set<WebSocket>>();

interface Sent {
  ref: number;
  room: string;
  id: string;
  text: string;
}

function enter(socket: WebSocket, request: IncomingMessage): void {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const id = searchParams.get('id') ?? '';
  const name = searchParams.get('room') ?? '';
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room.add(socket));
  socket.on('close', () => room.delete(socket));
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    const { ref, ...message } = JSON.parse(data.toString()) as Sent;
    const row = { ...message, from: id };
    const kept = keep(row);
    if (kept) kept.then(() => pass(socket, ref, row), console.error);
    else pass(socket, ref, row);
  });
}

function pass(socket: WebSocket, ref: number, { from, room, id, text }: Row): void {
  socket.send(`{"ref":${ref}}`);
  // Once for all: ws would encode a string again for each.
  const frame = Buffer.from(JSON.stringify({ from, room, id, text }));
  for (const other of rooms.get(room) ?? []) {
    if (other !== socket && other.readyState === WebSocket.OPEN) other.send(frame, { binary: false });
  }
}

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 131_072 });
server.on('connection', enter);
http.listen(0, '127.0.0.1', () => announce(http));
