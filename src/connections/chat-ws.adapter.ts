import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { CLOSE, type Encoding, LIMITS, SUBPROTOCOLS } from '@parley/protocol';
import type { PerMessageDeflateOptions, ServerOptions, WebSocketServer } from 'ws';
import type { Authority } from '../common/authority';
import { DomainError } from '../common/domain-error';
import { Origins } from '../common/origins';
import type { Draining } from '../common/draining';
import { toDomainError } from '../common/to-domain-error';
import type { Env } from '../config/env';
import { Admission } from './admission';
import type { Authenticator, Identity } from './authenticator';
import { CLOSE_GRACE_MS, closeSocket } from './close-socket';
import type { DeliveryService } from './delivery.service';
import { DirectHandlers } from './direct-handlers';
import { FrameRouter } from './frame-router';
import { answerPlainly, asksForWebSocket } from './plain-upgrade';
import type { SocketHost } from './socket-host';
import { SessionSocket } from './socket-session';

const UNAVAILABLE = 503;

/** What the adapter is given: it is made by app.setup, outside of Nest's injection. */
export interface AdapterParts {
  env: Env;
  host: SocketHost;
  draining: Draining;
  authenticator: Authenticator;
  authority: Authority;
  delivery: DeliveryService;
}

/**
 * Joins Nest's gateways to the sockets.
 *
 * Nest is handed one stand-in for all clients, so that it binds each gateway once and not per connection;
 * frames go from the socket through the router straight to a gateway's method.
 */
export class ChatWsAdapter extends WsAdapter {
  private readonly log = new Logger(ChatWsAdapter.name);
  private readonly router: FrameRouter;
  private readonly admission: Admission;
  private readonly origins: Origins;
  private readonly identities = new WeakMap<IncomingMessage, Identity>();
  private readonly served = new WeakSet<WebSocketServer>();

  constructor(
    app: INestApplicationContext,
    private readonly parts: AdapterParts,
  ) {
    super(app);
    this.router = new FrameRouter(
      parts.delivery,
      new DirectHandlers(app),
      parts.host.traffic.received,
      parts.authority,
    );
    this.origins = new Origins(parts.env);
    this.admission = new Admission(() => this.router.inFlight);
    parts.host.serve({ authenticator: parts.authenticator, router: this.router });
  }

  override create(port: number, options: Record<string, unknown> & { path?: string }): unknown {
    // The types of ws do not know closeTimeout yet.
    const own: ServerOptions<typeof SessionSocket> & { closeTimeout: number } = {
      WebSocket: SessionSocket,
      maxPayload: LIMITS.frameBytes,
      autoPong: false,
      closeTimeout: CLOSE_GRACE_MS,
      perMessageDeflate: deflateOptions(this.parts.env),
      handleProtocols: (offered) => chooseProtocol(offered) ?? false,
      verifyClient: ({ req }, done) => void this.verify(req).then(...toVerdict(req.socket, done)),
    };
    return super.create(port, { ...options, ...own });
  }

  override bindClientConnect(server: WebSocketServer, bindGateway: (client: unknown) => void): void {
    bindGateway(this.router);
    if (this.served.has(server)) return;
    this.served.add(server);
    server.on('connection', (socket: SessionSocket, request: IncomingMessage) => {
      this.accept(socket, request);
    });
  }

  override bindMessageHandlers(_client: unknown, handlers: MessageMappingProperties[]): void {
    this.router.add(handlers);
  }

  /** The base class cuts every other upgrade; those are answered like the requests that they are. */
  protected override ensureHttpServerExists(port: number, server?: Server): Server | undefined {
    if (!server || this.httpServersRegistry.has(port)) return undefined;
    this.httpServersRegistry.set(port, server);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until somebody takes it over: a socket that fails must not end the process.
      socket.on('error', destroy);
      const path = request.url?.split('?')[0];
      const servers = (this.wsServersRegistry.get(port) ?? []) as WebSocketServer[];
      const own = asksForWebSocket(request) && servers.find((candidate) => candidate.path === path);
      if (!own) answerPlainly(server, request, socket, head);
      else own.handleUpgrade(request, socket, head, (client) => own.emit('connection', client, request));
    });
    return server;
  }

  // The registry tells who comes and goes; Nest's stand-in client does neither.
  override bindClientDisconnect(): void {}

  /** Lets in who has a valid token or, without one, anybody for as long as `auth` may take. */
  private async verify(request: IncomingMessage): Promise<void> {
    if (this.parts.draining.refusesClients)
      throw new DomainError('unavailable', 'This server is stopping; connect again.');
    this.checkOrigin(request);
    await this.admission.enter(() => request.socket.destroyed);
    const header = request.headers.authorization;
    if (header === undefined) return;
    const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
    if (!token) throw new DomainError('unauthenticated');
    this.identities.set(request, await this.parts.authenticator.authenticate(token));
  }

  /** Browsers let every page open sockets to everywhere, and say which page it is. */
  private checkOrigin({ headers }: IncomingMessage): void {
    const kind = this.origins.kindOf(headers);
    if (kind === 'foreign')
      throw new DomainError('forbidden', 'Pages of this origin are not let in; see ALLOWED_ORIGINS.');
    if (kind === 'none' && this.parts.env.originRequired)
      throw new DomainError('forbidden', 'A socket without an Origin is not let in; see ORIGIN_REQUIRED.');
  }

  private accept(socket: SessionSocket, request: IncomingMessage): void {
    socket.on('error', this.noteError);
    if (!socket.protocol && request.headers['sec-websocket-protocol']) {
      closeSocket(socket, CLOSE.protocol);
      return;
    }
    const encoding: Encoding = socket.protocol === SUBPROTOCOLS.msgpack ? 'msgpack' : 'json';
    const identity = this.identities.get(request);
    this.parts.host.accept({ socket, stream: request.socket, encoding }, identity);
  }

  // What goes wrong on a socket ends it; the close event follows and is what counts.
  private readonly noteError = (error: Error) => this.log.debug(`socket failed: ${error.message}`);

  // The base class logs every socket's error as one of the server's own.
  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('error', (error) => this.log.error(error));
    return server;
  }
}

// What listens as long as a connection lives must not hold the request that it began with.
function destroy(this: Duplex): void {
  this.destroy();
}

function chooseProtocol(offered: Set<string>): string | undefined {
  const ours: string[] = Object.values(SUBPROTOCOLS);
  return [...offered].find((protocol) => ours.includes(protocol));
}

type Verdict = (ok: boolean, status?: number, body?: string, headers?: Record<string, string>) => void;

/** Answers a refused upgrade like any refused request: with a status and the error as JSON. */
function toVerdict(socket: Socket, done: Verdict): [() => void, (thrown: unknown) => void] {
  const refuse = (thrown: unknown) => {
    const error = toDomainError(thrown);
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    // Not all at the same moment: those who are refused together come back together.
    if (error.status === UNAVAILABLE) headers['Retry-After'] = String(1 + Math.floor(Math.random() * 3));
    done(false, error.status, JSON.stringify({ error: error.toBody() }), headers);
  };
  const letIn = () => {
    // The answer to the upgrade and `ready`, which is written at the end of the turn, leave together.
    socket.cork();
    done(true);
    process.nextTick(() => socket.uncork());
  };
  return [letIn, refuse];
}

/** No context kept between messages and few at a time: zlib's memory is what brings servers down. */
function deflateOptions({ deflate }: Env): PerMessageDeflateOptions | false {
  if (!deflate) return false;
  return {
    threshold: deflate.thresholdBytes,
    concurrencyLimit: deflate.concurrency,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    zlibDeflateOptions: { level: 3, memLevel: 7 },
  };
}
