import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACTING_USER_HEADER, type ApiScope } from '@parley/protocol';
import { actorOfKey, type OperatorRequest, SCOPE } from '../common/access';
import { Authority } from '../common/authority';
import { DomainError } from '../common/domain-error';
import { rulesOf } from '../common/policy';
import { Authenticator } from '../connections/authenticator';
import { ActingUsers } from '../users/acting-users';
import { Administrators } from '../users/administrators';
import { looksLikeApiKey } from './api-keys/api-key-text';
import { ApiKeysService } from './api-keys/api-keys.service';

const HEADER = ACTING_USER_HEADER.toLowerCase();

/** Who is let in by a route beside people who act for themselves. */
interface Access {
  /** API keys with it. */
  scope: ApiScope | undefined;
  /** Whether it is done for the whole server: by administrators, and by keys without naming a user. */
  forAll: boolean;
}

/**
 * Lets REST requests in by their bearer token, or without one where the policy lets anybody in.
 *
 * The one place that knows of API keys' scopes: a route that names none takes no key.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly authority: Authority,
    private readonly reflector: Reflector,
    private readonly keys: ApiKeysService,
    private readonly acting: ActingUsers,
    private readonly administrators: Administrators,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // A socket is authenticated before its first frame comes here.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<OperatorRequest>();
    const rules = rulesOf(doorOf(request));
    if (rules.every(({ who }) => who === 'anybody')) return true;
    const scope = this.reflector.get<ApiScope | undefined>(SCOPE, context.getHandler());
    return this.admit(request, { scope, forAll: rules.every(({ who }) => who === 'operator') });
  }

  private async admit(request: OperatorRequest, access: Access): Promise<boolean> {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new DomainError('unauthenticated');
    await (looksLikeApiKey(token)
      ? this.admitProduct(request, token, access)
      : this.admitPerson(request, token, access));
    return true;
  }

  private async admitPerson(request: OperatorRequest, token: string, access: Access): Promise<void> {
    const { userId, sessionId } = await this.authenticator.authenticate(token);
    this.authority.require({ sessionId });
    if (request.headers[HEADER] !== undefined) {
      throw new DomainError('forbidden', `${ACTING_USER_HEADER} is for API keys.`);
    }
    request.actor = { userId, sessionId };
    if (!access.forAll) return;
    await this.administrators.require(userId);
    request.operator = { administrator: userId };
  }

  private async admitProduct(request: OperatorRequest, key: string, access: Access): Promise<void> {
    const { id, scopes } = await this.keys.authenticate(key);
    this.authority.require({ sessionId: id });
    requireScope(scopes, access.scope);
    if (access.forAll) request.operator = { apiKey: id };
    else request.actor = actorOfKey(await this.acting.require(request.headers[HEADER]), id);
  }
}

function requireScope(scopes: readonly string[], scope: ApiScope | undefined): void {
  if (scope === undefined) throw new DomainError('forbidden', 'This is not for API keys.');
  if (scopes.includes(scope)) return;
  throw new DomainError('forbidden', `This API key lacks the scope ${scope}.`, { scope });
}

/** The route of a request as the policy names it. */
function doorOf({ method, route }: OperatorRequest): string {
  const { path } = route as { path: string };
  return `${method === 'HEAD' ? 'GET' : method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}
