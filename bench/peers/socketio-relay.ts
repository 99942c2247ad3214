import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { announce } from './announce';

// A relay as the Socket.IO documentation shows it: rooms, a broadcast, an acknowledgement; WebSocket only.

interface Sent {
  room: string;
  id: string;
  text: string;
}

const http = createServer();
const server = new Server(http, { transports: ['websocket'], serveClient: false });
server.on('connection', (socket) => {
  const { id: from, room } = socket.handshake.query;
  void socket.join(String(room));
  socket.on('send', (message: Sent, acknowledge: () => void) => {
    socket.to(message.room).emit('message', { from, ...message });
    acknowledge();
  });
});
http.listen(0, '127.0.0.1', () => announce(http));
