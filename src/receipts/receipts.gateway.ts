import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import type { ReadReceipt, Receipt } from '@parley/protocol';
import type { Connection } from '../connections/connection';
import { Gateway, Sender } from '../connections/gateway';
import { ReceiptMoveDto } from './receipts.dto';
import { ReceiptsService } from './receipts.service';

/** Receipts over the socket. */
@Gateway()
export class ReceiptsGateway {
  constructor(private readonly receipts: ReceiptsService) {}

  @SubscribeMessage('receipt.delivered')
  delivered(@Sender() connection: Connection, @MessageBody() input: ReceiptMoveDto): Promise<Receipt> {
    return this.receipts.delivered(connection, input.conversationId, input, connection.id);
  }

  @SubscribeMessage('receipt.read')
  read(@Sender() connection: Connection, @MessageBody() input: ReceiptMoveDto): Promise<ReadReceipt> {
    return this.receipts.read(connection, input.conversationId, input, connection.id);
  }
}
