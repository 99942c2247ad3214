import 'reflect-metadata';
import type { IncomingMessage, Server } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectedSocket,
  MessageBody,
  OnGatewayConnection,
  OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  type WsResponse,
} from '@nestjs/websockets';
import { WebSocket } from 'ws';
import { announce } from './announce';

// A gateway as the Nest documentation shows it, on its own adapter for ws.

interface Sent {
  ref: number;
  room: string;
  id: string;
  text: string;
}

interface Place {
  id: string;
  room: string;
}

@WebSocketGateway()
class RelayGateway implements OnGatewayConnection<WebSocket>, OnGatewayDisconnect<WebSocket> {
  private readonly rooms = new Map<string, Set<WebSocket>>();
  private readonly places = new Map<WebSocket, Place>();

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const place = { id: searchParams.get('id') ?? '', room: searchParams.get('room') ?? '' };
    this.places.set(client, place);
    this.rooms.set(place.room, (this.rooms.get(place.room) ?? new Set()).add(client));
  }

  handleDisconnect(client: WebSocket): void {
    const place = this.places.get(client);
    this.places.delete(client);
    if (place) this.rooms.get(place.room)?.delete(client);
  }

  @SubscribeMessage('send')
  send(@MessageBody() sent: Sent, @ConnectedSocket() client: WebSocket): WsResponse<{ ref: number }> {
    const { ref, ...message } = sent;
    const data = { from: this.places.get(client)?.id, ...message };
    for (const other of this.rooms.get(message.room) ?? []) {
      if (other === client || other.readyState !== WebSocket.OPEN) continue;
      other.send(JSON.stringify({ event: 'message', data }));
    }
    return { event: 'sent', data: { ref } };
  }
}

@Module({ providers: [RelayGateway] })
class RelayModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(RelayModule, { logger: ['warn', 'error'] });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  announce(app.getHttpServer() as Server);
}

void main();
