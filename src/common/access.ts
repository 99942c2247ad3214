import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiHeader, ApiSecurity } from '@nestjs/swagger';
import { ACTING_USER_HEADER, type ApiScope } from '@parley/protocol';
import type { Actor } from './actor';
import type { ActorRequest } from './decorators';

/** Which scope lets API keys in by a route. */
export const SCOPE = 'parley:scope';
/** Of API keys, in the OpenAPI document. */
export const PRODUCT_SECURITY = 'product';

/** Who does something for the whole server. */
export type Operator = { readonly administrator: string } | { readonly apiKey: string };

/** A route that the product's servers may use too, for a user whom they name. */
export const OnBehalf = (scope: ApiScope): MethodDecorator =>
  applyDecorators(
    SetMetadata(SCOPE, scope),
    ApiSecurity(PRODUCT_SECURITY),
    ApiHeader({
      name: ACTING_USER_HEADER,
      description: 'With an API key: the user for whom, as an id or `external:` and the id of the product.',
      required: false,
    }),
  );

/** A route of which the policy says `operator`, for API keys with a scope. */
export const Operators = (scope: ApiScope): MethodDecorator =>
  applyDecorators(SetMetadata(SCOPE, scope), ApiSecurity(PRODUCT_SECURITY));

/** Who does it, on a route for operators. */
export const CurrentOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator => {
  const { operator } = context.switchToHttp().getRequest<OperatorRequest>();
  if (!operator) throw new Error('@CurrentOperator() on a route that is not for operators');
  return operator;
});

/** A REST request once the guard has let it in. */
export interface OperatorRequest extends ActorRequest {
  operator?: Operator;
}

/** One word for the log. */
export function describeOperator(operator: Operator): string {
  return 'apiKey' in operator ? `API key ${operator.apiKey}` : `administrator ${operator.administrator}`;
}

/** An API key that acts for somebody: its id takes the place of the session, and ends like one. */
export function actorOfKey(userId: string, keyId: string): Actor {
  return { userId, sessionId: keyId };
}
