import { LIMITS, type History, type MessageInput, type MessageSent } from '@parley/protocol';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  NotEquals,
  ValidateIf,
} from 'class-validator';
import { IsId } from '../common/ids';
import { MessageDto } from '../timeline/message.dto';
import { IsMetadata, IsStorableText, MaxBytes } from '../common/text';
import { ToNumber } from '../common/to-number';

const DEFAULT_HISTORY = 50;

/** A message to a conversation that the path names. */
export class MessageInputDto implements MessageInput {
  /** Made by the client, v7 recommended; a retry with the same id is stored once. */
  @IsId()
  id!: string;

  /** At most 16 KiB of UTF-8; kept as sent. */
  @IsStorableText()
  @MaxBytes(LIMITS.textBytes)
  @IsNotEmpty()
  @IsString()
  text!: string;

  /** `text` when missing; a word of the product's own otherwise. */
  @ValidateIf((input: MessageInputDto) => input.kind !== undefined)
  @Matches(/^[a-z][a-z0-9._-]{0,31}$/)
  @NotEquals('system')
  kind?: string;

  /** A JSON object of at most 4 KiB that clients get with the message. */
  @IsOptional()
  @IsMetadata()
  metadata?: Record<string, unknown>;

  /** Ids of members who are mentioned. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.mentions)
  @IsId({ each: true })
  mentions?: string[];

  /** Whether everybody is mentioned. */
  @IsOptional()
  @IsBoolean()
  mentionAll?: boolean;

  /** The message of this conversation that it answers. */
  @IsOptional()
  @IsId()
  replyTo?: string;
}

/** A message to a user: the direct conversation is made when missing. */
export class MessageToUserDto extends MessageInputDto {
  @IsId()
  to!: string;
}

/** A message over the socket: to a conversation or to a user. */
export class MessageSendDto extends MessageInputDto {
  @ValidateIf((input: MessageSendDto) => input.to === undefined || input.conversationId !== undefined)
  @IsId()
  conversationId?: string;

  @ValidateIf((input: MessageSendDto) => input.to !== undefined)
  @IsId()
  to?: string;
}

export class HistoryQuery {
  /** Only messages with a smaller seq, the newest of them. */
  @IsOptional()
  @ToNumber()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  before?: number;

  /** Only messages with a greater seq, the oldest of them. */
  @IsOptional()
  @ToNumber()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;

  @IsOptional()
  @ToNumber()
  @IsInt()
  @Min(1)
  @Max(LIMITS.pageSize)
  limit: number = DEFAULT_HISTORY;
}

export class TypingDto {
  @IsId()
  conversationId!: string;

  @IsBoolean()
  on!: boolean;
}

export class MessageSentDto implements MessageSent {
  message!: MessageDto;
  /** Whether the id was stored by an earlier request, whose answer this is. */
  duplicate!: boolean;
}

export class HistoryDto implements History {
  /** In the order of seq. */
  messages!: MessageDto[];
  /** Whether there is more in the direction of reading. */
  more!: boolean;
}
