import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { DomainError } from './common/domain-error';
import { Origins } from './common/origins';
import type { Env } from './config/env';

const NOWHERE = { 'base-uri': ["'none'"], 'form-action': ["'none'"], 'frame-ancestors': ["'none'"] };

/** Of what is no page: it loads nothing, and nobody frames it. */
const API_POLICY = { 'default-src': ["'none'"], ...NOWHERE };

/** Swagger UI carries its styles in the page, and some of its images. */
const DOCS_POLICY = {
  ...API_POLICY,
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
};

/** What browsers are told of every answer, and which pages get any. */
export function setUpWebSafety(app: NestExpressApplication, env: Env): void {
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: API_POLICY },
      hsts: env.tls !== null,
      xFrameOptions: { action: 'deny' },
    }),
  );
  if (env.apiDocs) {
    app.use('/docs', helmet.contentSecurityPolicy({ useDefaults: false, directives: DOCS_POLICY }));
  }
  app.use('/v1', guardApi(new Origins(env)));
}

/** Pages of other origins are refused, listed ones may read what they get; nothing is kept by a cache. */
function guardApi(origins: Origins) {
  return (request: Request, response: Response, next: NextFunction) => {
    response.set('Cache-Control', 'no-store').vary('Origin');
    const kind = origins.kindOf(request.headers);
    if (kind === 'foreign') {
      const error = new DomainError('forbidden', 'Pages of this origin are not let in; see ALLOWED_ORIGINS.');
      response.status(error.status).json({ error: error.toBody() });
    } else if (kind !== 'listed') next();
    else shareWith(request, response, next);
  };
}

/** No credentials: another origin's page holds its tokens itself, and has no part in our cookie. */
function shareWith({ method, headers }: Request, response: Response, next: NextFunction): void {
  response.set({
    'Access-Control-Allow-Origin': headers.origin,
    'Access-Control-Expose-Headers': 'Retry-After',
  });
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return next();
  response.set({
    'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type',
    'Access-Control-Max-Age': '600',
  });
  response.status(204).end();
}
