import { Inject, Injectable } from '@nestjs/common';
import { CLOSE } from '@parley/protocol';
import { Clock } from '../common/clock';
import { Draining } from '../common/draining';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import type { Authenticator, Identity } from './authenticator';
import type { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import type { FrameRouter } from './frame-router';
import { Heartbeat } from './heartbeat';
import { sendAway } from './send-away';
import { type SessionHost, SocketSession, type Wire } from './socket-session';
import { Traffic } from './traffic';
import { WsConnection } from './ws-connection';
import { WriteQueue } from './write-queue';

/** The sockets of this node: makes connections of them, and sends them away when the server goes. */
@Injectable()
export class SocketHost {
  readonly traffic = new Traffic();
  private readonly sessions = new Set<SocketSession>();
  private readonly writes = new WriteQueue();
  private sessionHost: SessionHost | undefined;

  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly clock: Clock,
    private readonly registry: ConnectionRegistry,
    private readonly heartbeat: Heartbeat,
    private readonly draining: Draining,
  ) {
    draining.addStep((deadline) => sendAway(this.sessions, env.drainDeadlineSeconds * 1_000, deadline));
  }

  /** Bytes that wait to be written to clients. */
  queuedBytes(): number {
    let bytes = 0;
    for (const { queuedBytes } of this.sessions) bytes += queuedBytes;
    return bytes;
  }

  /** To be called before a socket is accepted: who lets them in, and where their frames go. */
  serve(ports: { authenticator: Authenticator; router: FrameRouter }): void {
    this.sessionHost = {
      ...ports,
      heartbeatSeconds: this.env.heartbeatSeconds,
      outQueue: {
        bytes: this.env.outQueueBytes,
        sent: this.traffic.sent,
        watch: (connection) => this.heartbeat.watchQueue(connection),
        writes: this.writes,
      },
      now: () => this.clock.now(),
      opened: (connection: WsConnection) => this.opened(connection),
      closed: (session: SocketSession, code: number) => this.closed(session, code),
    };
  }

  /** Takes on a socket; without an identity it has to send `auth` first. */
  accept(wire: Wire, identity: Identity | undefined): void {
    if (!this.sessionHost) throw new Error('nobody has said where frames go');
    // Its token may have been looked at while the others were told to go.
    const { refusesClients } = this.draining;
    const session = new SocketSession(this.sessionHost, wire, refusesClients ? undefined : identity);
    this.sessions.add(session);
    if (refusesClients) session.close(CLOSE.draining);
  }

  /** Renews a connection's token in place. */
  renew(connection: Connection, identity: Identity): void {
    // Every connection of this host is one; features only see the port.
    if (!(connection instanceof WsConnection)) return;
    if (connection.sessionId !== identity.sessionId) {
      this.registry.move(connection, () => (connection.sessionId = identity.sessionId));
    }
    connection.expiresAt = identity.expiresAt;
    this.heartbeat.watch(connection);
  }

  private opened(connection: WsConnection): void {
    this.traffic.opened(connection.encoding);
    this.heartbeat.watch(connection);
    this.registry.add(connection);
  }

  private closed(session: SocketSession, code: number): void {
    this.sessions.delete(session);
    this.traffic.ended(session.connection?.closedWith ?? code, session.connection?.encoding);
    if (!session.connection) return;
    this.heartbeat.forget(session.connection);
    this.registry.remove(session.connection);
  }
}
