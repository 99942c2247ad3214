import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { CLOSE, type Encoding } from '@parley/protocol';
import type { WebSocket } from 'ws';
import { Clock } from '../common/clock';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import type { Authenticator, Identity } from './authenticator';
import type { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import { Frame } from './frame';
import type { FrameRouter } from './frame-router';
import { Heartbeat } from './heartbeat';
import { SocketSession } from './socket-session';
import { WsConnection } from './ws-connection';

/** Time for frames in flight to be answered when the server stops. */
const DRAIN_MS = 5_000;
/** Time for clients to answer the close after that. */
const CLOSE_MS = 1_000;
const DRAIN_POLL_MS = 10;
/** Clients are told to come back spread over this time. */
const RECONNECT_SPREAD_MS = 5_000;

/** The sockets of this node: makes connections of them, and tells them when the server goes. */
@Injectable()
export class SocketHost implements BeforeApplicationShutdown {
  private readonly sessions = new Set<SocketSession>();
  private stopping = false;

  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly clock: Clock,
    private readonly registry: ConnectionRegistry,
    private readonly heartbeat: Heartbeat,
  ) {}

  /** Whether new sockets are turned away, because the server stops. */
  get draining(): boolean {
    return this.stopping;
  }

  /** Takes on a socket; without an identity it has to send `auth` first. */
  accept(
    socket: WebSocket,
    encoding: Encoding,
    identity: Identity | undefined,
    ports: { authenticator: Authenticator; router: FrameRouter },
  ): void {
    const host = {
      ...ports,
      heartbeatSeconds: this.env.heartbeatSeconds,
      outQueueBytes: this.env.outQueueBytes,
      now: () => this.clock.now(),
      opened: (connection: WsConnection) => this.opened(connection),
      closed: (session: SocketSession) => this.closed(session),
    };
    // Its token may have been looked at while the others were told to go.
    const session = new SocketSession(host, socket, encoding, this.stopping ? undefined : identity);
    this.sessions.add(session);
    if (this.stopping) session.close(CLOSE.draining);
  }

  /** Renews a connection's token in place. */
  renew(connection: Connection, identity: Identity): void {
    // Every connection of this host is one; features only see the port.
    if (!(connection instanceof WsConnection)) return;
    connection.expiresAt = identity.expiresAt;
    this.heartbeat.watch(connection);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    for (const { connection } of this.sessions) {
      const reconnectAfterMs = Math.floor(Math.random() * RECONNECT_SPREAD_MS);
      connection?.send(Frame.push('server.draining', { reconnectAfterMs }));
    }
    await until(() => !this.anyBusy(), DRAIN_MS);
    for (const session of this.sessions) session.close(CLOSE.draining);
    await until(() => this.sessions.size === 0, CLOSE_MS);
  }

  private anyBusy(): boolean {
    for (const session of this.sessions) if (session.busy) return true;
    return false;
  }

  private opened(connection: WsConnection): void {
    this.heartbeat.watch(connection);
    this.registry.add(connection);
  }

  private closed(session: SocketSession): void {
    this.sessions.delete(session);
    if (!session.connection) return;
    this.heartbeat.forget(session.connection);
    this.registry.remove(session.connection);
  }
}

async function until(condition: () => boolean, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
  }
}
