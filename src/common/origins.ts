import type { IncomingHttpHeaders } from 'node:http';
import type { Env } from '../config/env';

/** Where a request of a browser comes from: this server's own page, one that is let in, no page, or another. */
export type OriginKind = 'own' | 'listed' | 'none' | 'foreign';

type Settings = Pick<Env, 'allowedOrigins' | 'publicUrl' | 'tls'>;

/** A host and nothing around it: no user, no path. */
const HOST = /^[^\s/?#@\\]+$/;

/**
 * Tells pages of this server from others by the `Origin` that browsers send.
 *
 * Compared as text with origins as browsers write them, so that whatever only looks alike is another one:
 * `null`, another port, a default port spelt out, capitals, a list.
 */
export class Origins {
  private readonly listed: ReadonlySet<string>;
  private readonly publicUrl: URL | null;
  private readonly isTls: boolean;

  constructor({ allowedOrigins, publicUrl, tls }: Settings) {
    this.listed = new Set(allowedOrigins);
    this.publicUrl = publicUrl === null ? null : new URL(publicUrl);
    this.isTls = tls !== null;
  }

  kindOf({ origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>): OriginKind {
    if (origin === undefined) return 'none';
    if (origin === this.publicUrl?.origin || this.isAtHost(origin, host)) return 'own';
    return this.listed.has(origin) ? 'listed' : 'foreign';
  }

  /** Whether it is the page of the address that was asked for: a proxy may stand between, and end TLS. */
  private isAtHost(origin: string, host: string | undefined): boolean {
    if (host === undefined || !HOST.test(host)) return false;
    return this.schemesAt(host).some((scheme) => originOf(`${scheme}//${host}`) === origin);
  }

  private schemesAt(host: string): string[] {
    if (this.isTls) return ['https:'];
    // It is known how people come to that one.
    if (this.publicUrl?.hostname === originHostname(host)) return [this.publicUrl.protocol];
    return ['https:', 'http:'];
  }
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

function originHostname(host: string): string | null {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : null;
}
