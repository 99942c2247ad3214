import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import type { Presence } from '@parley/protocol';
import type { Connection } from '../connections/connection';
import { Gateway, Sender } from '../connections/gateway';
import { SetPresenceDto, WatchPresenceDto } from './presence.dto';
import { PresenceService } from './presence.service';

/** Presence over the socket. */
@Gateway()
export class PresenceGateway {
  constructor(private readonly presence: PresenceService) {}

  @SubscribeMessage('presence.set')
  set(@Sender() connection: Connection, @MessageBody() { status }: SetPresenceDto): Promise<Presence> {
    return this.presence.set(connection, status);
  }

  @SubscribeMessage('presence.watch')
  async watch(
    @Sender() connection: Connection,
    @MessageBody() { userIds }: WatchPresenceDto,
  ): Promise<{ presence: Presence[] }> {
    return { presence: await this.presence.watch(connection, userIds) };
  }
}
