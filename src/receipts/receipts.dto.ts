import type { Readers, ReadReceipt, Receipt } from '@parley/protocol';
import { IsInt, Max, Min, ValidateIf } from 'class-validator';
import { IsId } from '../common/ids';

/** Where a cursor goes to: a message named by its number or by its id. */
export class ReceiptTargetDto {
  @ValidateIf((input: ReceiptTargetDto) => input.messageId === undefined || input.seq !== undefined)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  seq?: number;

  @ValidateIf((input: ReceiptTargetDto) => input.messageId !== undefined)
  @IsId()
  messageId?: string;
}

export class ReceiptMoveDto extends ReceiptTargetDto {
  @IsId()
  conversationId!: string;
}

export class ReceiptDto implements Receipt {
  conversationId!: string;
  userId!: string;
  deliveredSeq!: number;
  readSeq!: number;
}

export class ReadReceiptDto extends ReceiptDto implements ReadReceipt {
  /** What is left unread, counted up to 1,000. */
  unread!: number;
  /** Those of them that mention me, counted up to 1,000. */
  unreadMentions!: number;
  /** The newest message when it was counted. */
  lastSeq!: number;
}

export class ReceiptListDto {
  items!: ReceiptDto[];
  cursor!: string | null;
}

export class ReadersDto implements Readers {
  seq!: number;
  readBy!: string[];
  deliveredTo!: string[];
}
