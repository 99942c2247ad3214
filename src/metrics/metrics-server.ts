import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvError, type Env } from '../config/env';
import { expose } from './exposition';
import type { Snapshot } from './metrics';

/** Serves `/metrics` on a port of its own, and nothing else. */
export class MetricsServer {
  private constructor(
    private readonly server: Server,
    /** `http://host:port/metrics` */
    readonly url: string,
  ) {}

  static async start(
    { host, port, token }: NonNullable<Env['metrics']>,
    collect: () => Promise<Snapshot[]>,
  ): Promise<MetricsServer> {
    const server = createServer((request, response) => {
      answer(request, response, token, collect).catch(() => response.destroy());
    });
    server.listen(port, host);
    await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new EnvError(
        `METRICS_PORT ${port} at METRICS_HOST ${host} cannot be used (${error.code}): set them to a free one.`,
      );
    });
    const { port: own } = server.address() as AddressInfo;
    return new MetricsServer(server, `http://${host.includes(':') ? `[${host}]` : host}:${own}/metrics`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string | null,
  collect: () => Promise<Snapshot[]>,
): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path !== '/metrics' || request.method !== 'GET') return refuse(response, 404);
  if (token !== null && !isSame(request.headers.authorization, `Bearer ${token}`))
    return refuse(response, 401);
  const { contentType, text } = await expose(await collect(), request.headers.accept);
  response.writeHead(200, { 'Content-Type': contentType }).end(text);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}).end();
}

/** In a time that tells nothing of where they differ. */
function isSame(given: string | undefined, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(wanted));
}
