import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { Clock } from '../common/clock';
import { DomainError } from '../common/domain-error';
import { Authenticator } from '../connections/authenticator';
import type { Connection } from '../connections/connection';
import { Gateway, Sender } from '../connections/gateway';
import { SocketHost } from '../connections/socket-host';
import { RenewDto } from './auth.dto';
import { isOutsideSession } from './issuer/issuer-token';

@Gateway()
export class AuthGateway {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly sockets: SocketHost,
    private readonly clock: Clock,
  ) {}

  /** Goes on with a newer token of the same session. */
  @SubscribeMessage('auth.refresh')
  async renew(
    @Sender() connection: Connection,
    @MessageBody() { accessToken }: RenewDto,
  ): Promise<{ expiresIn: number }> {
    const identity = await this.authenticator.authenticate(accessToken);
    if (identity.userId !== connection.userId || !isSameOrNext(connection.sessionId, identity.sessionId)) {
      throw new DomainError('forbidden', 'The token is of another session than this connection.');
    }
    this.sockets.renew(connection, identity);
    return { expiresIn: Math.floor((identity.expiresAt - this.clock.now()) / 1_000) };
  }

  @SubscribeMessage('ping')
  ping(@MessageBody() data: object): { at: string } {
    if (Object.keys(data).length > 0) throw new DomainError('payload_invalid', 'ping takes no data.');
    return { at: new Date(this.clock.now()).toISOString() };
  }
}

/** Issuers that tell of no sessions make one of each token: there the next token is the next session. */
function isSameOrNext(current: string, next: string): boolean {
  return current === next || (isOutsideSession(current) && isOutsideSession(next));
}
