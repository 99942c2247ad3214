import {
  type Conversation,
  CONVERSATION_KINDS,
  type ConversationCreated,
  type ConversationKind,
  LIMITS,
  type Member,
  MEMBER_ROLES,
  type MemberProfile,
  type MemberRole,
  type Page,
} from '@parley/protocol';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  ValidateIf,
  IsString,
  MaxLength,
} from 'class-validator';
import { IsId } from '../common/ids';
import { PageQuery } from '../common/page-query.dto';
import { IsName, IsStorableText } from '../common/text';
import { DISPLAY_NAME_LENGTH, UserDto } from '../users/users.dto';

export class CreateConversationDto {
  @IsIn(CONVERSATION_KINDS)
  kind!: ConversationKind;

  /** Groups only. */
  @ValidateIf((input: CreateConversationDto) => input.kind === 'group' && input.title !== undefined)
  @IsName(LIMITS.titleLength)
  title?: string;

  /** A direct conversation: the other person. A group: its members besides its maker. */
  @IsArray()
  @ArrayMaxSize(LIMITS.memberIdsPerRequest)
  @IsId({ each: true })
  memberIds!: string[];

  /** Made by the client, so that a retry makes no second group. */
  @IsOptional()
  @IsId()
  id?: string;

  /** Groups only: whether who joins later sees what was written before. */
  @IsOptional()
  @IsBoolean()
  historyVisible?: boolean;
}

export class MembersQuery extends PageQuery {
  /** How the user name or the display name begins. */
  @IsOptional()
  @MaxLength(DISPLAY_NAME_LENGTH)
  @IsStorableText()
  @IsString()
  query?: string;
}

export class UpdateConversationDto {
  @IsName(LIMITS.titleLength)
  title!: string;
}

export class AddMembersDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIMITS.memberIdsPerRequest)
  @IsId({ each: true })
  userIds!: string[];
}

export class ChangeRoleDto {
  @IsIn(MEMBER_ROLES)
  role!: MemberRole;
}

export class HandOverDto {
  @IsId()
  userId!: string;
}

export class ConversationDto implements Conversation {
  id!: string;
  kind!: ConversationKind;
  title!: string | null;
  historyVisible!: boolean;
  lastSeq!: number;
  version!: number;
  memberCount!: number;
  createdAt!: string;
}

export class ConversationCreatedDto implements ConversationCreated {
  conversation!: ConversationDto;
  duplicate!: boolean;
}

export class MemberDto implements Member {
  userId!: string;
  role!: MemberRole;
  joinedSeq!: number;
  deliveredSeq!: number;
  readSeq!: number;
  version!: number;
}

export class MemberProfileDto extends MemberDto implements MemberProfile {
  user!: UserDto;
}

export class MemberPageDto implements Page<MemberProfile> {
  items!: MemberProfileDto[];
  cursor!: string | null;
}

export class MembersAddedDto {
  /** Who was added; those who were members already are not among them. */
  members!: MemberDto[];
}
