import {
  type Changes,
  type Gap,
  type HiddenMessage,
  LIMITS,
  type MemberReceipt,
  type SyncPage,
} from '@parley/protocol';
import { IsInt, Max, Min } from 'class-validator';
import { IsId } from '../common/ids';
import { MayBeMissing } from '../common/optional';
import { PageQuery } from '../common/page-query.dto';
import { ToNumber } from '../common/to-number';
import { MemberDto } from '../conversations/conversations.dto';
import { MessageDto } from '../timeline/message.dto';
import { ConversationSummaryDto } from './conversation-list.dto';

const DEFAULT_PAGE_SIZE = 50;

/** Which page of a sync; the cursor may also be what the last sync ended with. */
export class SyncDto extends PageQuery {}

export class SyncQuery extends SyncDto {
  /** Seconds to wait for news when there is none. */
  @MayBeMissing()
  @ToNumber()
  @IsInt()
  @Min(0)
  @Max(LIMITS.syncWaitSeconds)
  wait: number = 0;
}

/** Where a client has got to in one conversation. */
export class ChangesQuery {
  /** The version up to which it has everything; 0 for a start. */
  @ToNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  afterVersion!: number;

  /** The newest message that it has; 0 for none. */
  @ToNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  afterSeq!: number;

  @MayBeMissing()
  @ToNumber()
  @IsInt()
  @Min(1)
  @Max(LIMITS.pageSize)
  limit: number = DEFAULT_PAGE_SIZE;
}

export class ChangesDto extends ChangesQuery {
  @IsId()
  conversationId!: string;
}

export class HiddenMessageDto implements HiddenMessage {
  conversationId!: string;
  id!: string;
  seq!: number;
}

export class SyncPageDto implements SyncPage {
  /** What has changed, the latest written in first. */
  conversations!: ConversationSummaryDto[];
  /** Conversations that I am not in any more. */
  removed!: string[];
  /** Messages that I have deleted for myself. */
  hidden!: HiddenMessageDto[];
  /** For the next page, or, when there is no more, for the next sync. */
  cursor!: string;
  more!: boolean;
}

export class GoneMemberDto {
  userId!: string;
  version!: number;
}

export class MemberReceiptDto implements MemberReceipt {
  userId!: string;
  deliveredSeq!: number;
  readSeq!: number;
}

export class GapDto implements Gap {
  from!: number;
  to!: number;
}

export class ChangesPageDto implements Changes {
  conversationId!: string;
  /** First those changed at or before `afterSeq`, in the order of version, then new ones, in that of seq. */
  messages!: MessageDto[];
  members!: MemberDto[];
  gone!: GoneMemberDto[];
  /** Everybody's cursors, in conversations of up to 100 members; on the last page. */
  receipts!: MemberReceiptDto[];
  /** The client's version from here on, even if it was shown nothing. */
  through!: number;
  more!: boolean;
  /** Messages in between that are read by history, when too many are new. */
  gap!: GapDto | null;
}
