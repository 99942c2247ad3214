import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Authority } from '../common/authority';
import { type ActorRequest, PUBLIC } from '../common/decorators';
import { DomainError } from '../common/domain-error';
import { Authenticator } from '../connections/authenticator';

/** Lets REST requests in by their bearer token; routes marked @Public() need none. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly authority: Authority,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // A socket is authenticated before its first frame comes here.
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) {
      return true;
    }
    return this.admit(context.switchToHttp().getRequest<ActorRequest>());
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
