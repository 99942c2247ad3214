import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { CookieOptions, Request, Response } from 'express';
import { map, type Observable, tap } from 'rxjs';
import type { ActorRequest } from '../common/decorators';
import { DomainError } from '../common/domain-error';
import { Origins } from '../common/origins';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import type { TokensDto } from './auth.dto';
import { RefreshTokens } from './refresh-tokens';

/** `Parley-Session: cookie`. A page of another origin cannot send it: no preflight allows it. */
const HEADER = 'parley-session';
const NAME = 'parley';
/** With this prefix browsers take the cookie over TLS only, and from this host only. */
const SECURE_NAME = `__Host-${NAME}`;

/** For a page that asks: its refresh token is in a cookie that no script reads, and not in the answer. */
@Injectable()
export class SessionCookie implements NestInterceptor<TokensDto, TokensDto> {
  private readonly origins: Origins;

  constructor(@Inject(ENV) private readonly env: Env) {
    this.origins = new Origins(env);
  }

  intercept(context: ExecutionContext, next: CallHandler<TokensDto>): Observable<TokensDto> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const asked = request.headers[HEADER];
    if (asked === undefined) return next.handle();
    if (asked !== 'cookie') throw new DomainError('payload_invalid', 'Parley-Session may be "cookie" only.');
    // Browsers name the origin of every POST, so who does not is no page.
    if (this.origins.kindOf(request.headers) !== 'own') {
      throw new DomainError('forbidden', 'A session in a cookie is for pages of this server only.');
    }
    const isSecure = request.headers.origin?.startsWith('https:') ?? false;
    const name = isSecure ? SECURE_NAME : NAME;
    // A token in the body wins: so a page that kept one itself until now changes over.
    const body = (request.body ??= {}) as { refreshToken?: unknown };
    if (context.getHandler().name === 'refresh') body.refreshToken ??= cookieOf(request, name);
    return next.handle().pipe(
      map(({ refreshToken, ...rest }) => {
        const maxAge = this.env.refreshTokenSeconds * 1_000;
        http.getResponse<Response>().cookie(name, refreshToken, { ...attributes(isSecure), maxAge });
        return rest;
      }),
    );
  }
}

/** Takes the cookie of a session away when the session ends. */
@Injectable()
export class SessionCookieEnd implements NestInterceptor {
  constructor(private readonly tokens: RefreshTokens) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request & ActorRequest>();
    return next.handle().pipe(
      tap(() => {
        for (const name of [NAME, SECURE_NAME]) {
          const sessionId = this.tokens.sessionOf(cookieOf(request, name) ?? '');
          // Somebody else may have logged in meanwhile, in another tab.
          if (sessionId === null || sessionId !== request.actor?.sessionId) continue;
          http.getResponse<Response>().clearCookie(name, attributes(name === SECURE_NAME));
        }
      }),
    );
  }
}

/** Strict costs nothing: it is the page that asks, and never a link that leads to it. */
function attributes(secure: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure };
}

function cookieOf(request: Request, name: string): string | undefined {
  const found = request.headers.cookie?.split(';').map((part) => part.trim().split('='));
  return found?.find(([key]) => key === name)?.[1];
}
