import {
  CHOSEN_STATUSES,
  type ChosenStatus,
  LIMITS,
  type Presence,
  PRESENCE_STATUSES,
  type PresenceStatus,
} from '@parley/protocol';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsIn } from 'class-validator';
import { IsId } from '../common/ids';

export class SetPresenceDto {
  /** `invisible` shows as offline. */
  @IsIn(CHOSEN_STATUSES)
  status!: ChosenStatus;
}

export class WatchPresenceDto {
  /** Instead of those watched before; nobody ends watching. */
  @IsArray()
  @ArrayMaxSize(LIMITS.presenceWatch)
  @IsId({ each: true })
  userIds!: string[];
}

export class PresenceQuery {
  /** Repeated, or separated by commas. */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(LIMITS.presenceWatch)
  @IsId({ each: true })
  @Transform(({ value }: { value: unknown }) => split(value))
  userIds!: string[];
}

export class PresenceDto implements Presence {
  userId!: string;

  /** `unknown`: it cannot be told now, or you may not know. */
  @ApiProperty({ enum: PRESENCE_STATUSES })
  status!: PresenceStatus;

  /** When they were last there for others to see; null while they are, or when not known. */
  lastSeenAt!: string | null;
}

export class PresenceListDto {
  /** In the order asked for, each user once. */
  presence!: PresenceDto[];
}

function split(value: unknown): unknown {
  if (typeof value === 'string') return value.split(',');
  return Array.isArray(value) ? value.flatMap(split) : value;
}
