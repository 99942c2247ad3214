import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import type { Changes, SyncPage } from '@parley/protocol';
import type { Connection } from '../connections/connection';
import { Gateway, Sender } from '../connections/gateway';
import { ChangesService } from './changes.service';
import { ChangesDto, SyncDto } from './sync.dto';
import { SyncService } from './sync.service';

/** Catching up over the socket: it is live before it asks, so nothing falls in between. */
@Gateway()
export class SyncGateway {
  constructor(
    private readonly syncs: SyncService,
    private readonly changes: ChangesService,
  ) {}

  @SubscribeMessage('sync')
  sync(@Sender() connection: Connection, @MessageBody() input: SyncDto): Promise<SyncPage> {
    return this.syncs.sync(connection, input);
  }

  @SubscribeMessage('changes')
  changesOf(@Sender() connection: Connection, @MessageBody() input: ChangesDto): Promise<Changes> {
    return this.changes.changes(connection, input.conversationId, input);
  }
}
