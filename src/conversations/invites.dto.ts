import {
  type Invite,
  type InviteAccepted,
  type InviteInput,
  type InviteMade,
  type InvitePreview,
  LIMITS,
} from '@parley/protocol';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { UserDto } from '../users/users.dto';
import { ConversationDto } from './conversations.dto';

const MIN_SECONDS = 60;
/** More than any token of ours has: what is no token at all is an invite that is not there. */
const MAX_TOKEN_LENGTH = 200;

export class CreateInviteDto implements InviteInput {
  /** Seconds for which it is to be good; missing: 7 days; null: without an end. */
  @IsOptional()
  @IsInt()
  @Min(MIN_SECONDS)
  @Max(LIMITS.inviteSeconds)
  expiresIn?: number | null;

  /** People who may come by it; missing or null: as many as the group takes. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(LIMITS.groupMembers)
  maxUses?: number | null;
}

/** In a body, because paths are written into logs. */
export class InviteTokenDto {
  @MaxLength(MAX_TOKEN_LENGTH)
  @IsString()
  token!: string;
}

export class InviteDto implements Invite {
  id!: string;
  conversationId!: string;
  /** Who made it; it is good while they may add members. */
  creator!: UserDto;
  createdAt!: string;
  expiresAt!: string | null;
  maxUses!: number | null;
  /** People who have come by it. */
  uses!: number;
}

export class InviteMadeDto extends InviteDto implements InviteMade {
  /** Told here only. */
  token!: string;
}

export class InviteListDto {
  items!: InviteDto[];
}

export class InvitePreviewDto implements InvitePreview {
  title!: string | null;
  memberCount!: number;
  historyVisible!: boolean;
  creator!: UserDto;
  expiresAt!: string | null;
  /** The group, if I am in it; null to others. */
  conversationId!: string | null;
}

export class InviteAcceptedDto implements InviteAccepted {
  conversation!: ConversationDto;
  /** Whether I was in it before. */
  duplicate!: boolean;
}
