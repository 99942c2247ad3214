import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import { LIMITS } from '@parley/protocol';
import compression from 'compression';
import type { NextFunction, Request, Response } from 'express';
import asyncApi from '../docs/asyncapi.json';
import { Authority } from './common/authority';
import { DomainError } from './common/domain-error';
import { Draining } from './common/draining';
import { RequestsInFlight } from './common/requests-in-flight';
import { RestErrorFilter } from './common/rest-error.filter';
import { validationPipe } from './common/validation';
import { ENV } from './config/config.module';
import type { Env } from './config/env';
import { Authenticator } from './connections/authenticator';
import { ChatWsAdapter } from './connections/chat-ws.adapter';
import { DeliveryService } from './connections/delivery.service';
import { SocketHost } from './connections/socket-host';
import { limitTimes } from './http-timeouts';
import { openApiDocument } from './openapi';
import { Page } from './page';
import { setUpWebSafety } from './web-safety';

/** Paths outside of /v1: what machines and developers ask for. */
const UNVERSIONED = ['health/live', 'health/ready'];

/** Puts on an application what the server and its tests have in common. */
export function setUpApp(app: NestExpressApplication): void {
  const env = app.get<Env>(ENV);
  const requests = app.get(RequestsInFlight);
  const page = env.webPage ? Page.read() : null;
  limitTimes(app.getHttpServer());
  // Before everything else, so that a body on its way counts too.
  app.use((...request: Parameters<RequestsInFlight['track']>) => requests.track(...request));
  setUpWebSafety(app, env);
  app.use(refuseUnknownPaths(env.apiDocs, page));
  app.setGlobalPrefix('v1', { exclude: UNVERSIONED });
  app.useBodyParser('json', { limit: LIMITS.frameBytes });
  app.disable('x-powered-by');
  app.use(compression());
  if (page) app.use(page.serve);
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new RestErrorFilter());
  app.useWebSocketAdapter(
    new ChatWsAdapter(app, {
      env,
      host: app.get(SocketHost),
      draining: app.get(Draining),
      authenticator: app.get(Authenticator),
      authority: app.get(Authority),
      delivery: app.get(DeliveryService),
    }),
  );
  if (env.apiDocs) serveDocs(app);
}

/** Nest answers below /v1 only; the rest would get a page of Express's own. */
function refuseUnknownPaths(apiDocs: boolean, page: Page | null) {
  const known = apiDocs ? /^\/(v1|health|docs|openapi\.json|asyncapi\.json)(\/|$)/ : /^\/(v1|health)(\/|$)/;
  return (request: Request, response: Response, next: NextFunction) => {
    if (known.test(request.path) || page?.has(request)) next();
    else if (apiDocs && !page && request.path === '/') response.redirect('/docs');
    else response.status(404).json({ error: new DomainError('route_unknown').toBody() });
  };
}

function serveDocs(app: NestExpressApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Parley API',
    swaggerOptions: { persistAuthorization: false },
  });
  app.use('/asyncapi.json', (_request: Request, response: Response) => response.json(asyncApi));
}
