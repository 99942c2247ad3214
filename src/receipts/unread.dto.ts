import type { CountedMessage, Unread, UnreadExplanation } from '@parley/protocol';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

const YES_NO = ['0', '1'] as const;

export class UnreadQuery {
  /** 1: says how the number comes about, too. */
  @IsOptional()
  @IsIn(YES_NO)
  @ApiProperty({ enum: YES_NO, required: false })
  explain?: (typeof YES_NO)[number];
}

export class CountedMessageDto implements CountedMessage {
  seq!: number;
  senderId!: string;
  /** Whether it mentions me. */
  mentions!: boolean;
}

export class NotCountedDto {
  mine!: number;
  /** For everyone. */
  deleted!: number;
  /** Deleted for me. */
  hidden!: number;
}

export class UnreadExplanationDto implements UnreadExplanation {
  /** Messages up to and including this one are not shown to me. */
  joinedSeq!: number;
  readSeq!: number;
  /** The newest message. */
  lastSeq!: number;
  /** The greater of `joinedSeq` and `readSeq`: messages after it are looked at. */
  from!: number;
  /** The first 100 that are counted. */
  counted!: CountedMessageDto[];
  /** Those looked at that are not counted, by the first reason that holds. */
  notCounted!: NotCountedDto;
  /** Whether the counting ended at 1,000. */
  capped!: boolean;
}

export class UnreadDto implements Unread {
  conversationId!: string;
  /** Counted up to 1,000. */
  unread!: number;
  /** Those of them that mention me, counted up to 1,000. */
  unreadMentions!: number;
  readSeq!: number;
  /** The newest message when it was counted. */
  lastSeq!: number;
  /** Only when asked for. */
  explain?: UnreadExplanationDto;
}
