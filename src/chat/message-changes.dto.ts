import {
  LIMITS,
  type MessageChanged,
  type MessageEdit,
  type MessageRevision,
  type Page,
  type ReactionEntry,
} from '@parley/protocol';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import { IsId } from '../common/ids';
import { PageQuery } from '../common/page-query.dto';
import { IsReactionKind, IsStorableText, MaxBytes } from '../common/text';
import { MessageDto } from '../timeline/message.dto';

/** What a message says from now on. */
export class MessageRevisionDto implements MessageRevision {
  /** At most 16 KiB of UTF-8; kept as sent. */
  @IsStorableText()
  @MaxBytes(LIMITS.textBytes)
  @IsNotEmpty()
  @IsString()
  text!: string;

  /** Ids of members who are mentioned; missing: as they are. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.mentions)
  @IsId({ each: true })
  mentions?: string[];

  /** Whether everybody is mentioned; missing: as it is. */
  @IsOptional()
  @IsBoolean()
  mentionAll?: boolean;

  /** Edits only what still has this version. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  ifVersion?: number;
}

/** An edit over the socket. */
export class MessageEditDto extends MessageRevisionDto {
  @IsId()
  conversationId!: string;

  @IsId()
  id!: string;
}

class MessageTargetDto {
  @IsId()
  conversationId!: string;

  @IsId()
  id!: string;
}

/** A deletion over the socket. */
export class MessageDeleteDto extends MessageTargetDto {
  @IsOptional()
  @IsBoolean()
  forMe?: boolean;
}

/** A reaction over the socket. */
export class ReactionSetDto extends MessageTargetDto {
  @IsReactionKind()
  emoji!: string;

  @IsBoolean()
  on!: boolean;
}

/** A pin over the socket. */
export class PinSetDto extends MessageTargetDto {
  @IsBoolean()
  on!: boolean;
}

export class DeletionQuery {
  /** Whether it is deleted for me only. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  forMe?: boolean;
}

export class ReactionsQuery extends PageQuery {
  /** Only those with this one. */
  @IsOptional()
  @IsReactionKind()
  emoji?: string;
}

export class MessageChangedDto implements MessageChanged {
  message!: MessageDto;
}

export class MessageEditEntryDto implements MessageEdit {
  /** The message's version while it was so. */
  version!: number;
  text!: string | null;
  mentions!: string[];
  /** When it was replaced. */
  editedAt!: string;
}

export class MessageEditPageDto implements Page<MessageEdit> {
  items!: MessageEditEntryDto[];
  cursor!: string | null;
}

export class ReactionEntryDto implements ReactionEntry {
  userId!: string;
  emoji!: string;
  createdAt!: string;
}

export class ReactionPageDto implements Page<ReactionEntry> {
  items!: ReactionEntryDto[];
  cursor!: string | null;
}

export class PinsDto {
  /** The latest pinned first. */
  messages!: MessageDto[];
}
