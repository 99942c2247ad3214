import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from './actor';

/** A REST request once the guard has let it in. */
export interface ActorRequest extends Request {
  actor?: Actor;
}

/** Who asks, over REST. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { actor } = context.switchToHttp().getRequest<ActorRequest>();
  if (!actor) throw new Error('@CurrentActor() on a route that the guard does not protect');
  return actor;
});
