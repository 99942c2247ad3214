import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Authority } from '../common/authority';
import type { ActorRequest } from '../common/decorators';
import { DomainError } from '../common/domain-error';
import { rulesOf } from '../common/policy';
import { Authenticator } from '../connections/authenticator';

/** Lets REST requests in by their bearer token, or without one where the policy lets anybody in. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly authority: Authority,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // A socket is authenticated before its first frame comes here.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<ActorRequest>();
    if (rulesOf(doorOf(request)).every(({ who }) => who === 'anybody')) return true;
    return this.admit(request);
  }

  private async admit(request: ActorRequest): Promise<boolean> {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new DomainError('unauthenticated');
    const { userId, sessionId } = await this.authenticator.authenticate(token);
    this.authority.require({ sessionId });
    request.actor = { userId, sessionId };
    return true;
  }
}

/** The route of a request as the policy names it. */
function doorOf({ method, route }: ActorRequest): string {
  const { path } = route as { path: string };
  return `${method === 'HEAD' ? 'GET' : method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}
