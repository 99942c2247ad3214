import type { ExternalUser } from '@parley/protocol';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsName, IsStorableText } from '../common/text';
import { DISPLAY_NAME_LENGTH, UserDto } from './users.dto';

const LONGEST_HINT = 255;

export class PutExternalUserDto {
  @IsName(DISPLAY_NAME_LENGTH)
  displayName!: string;

  /** What they would like to be called; if it is taken or no user name, one like it. */
  @IsOptional()
  @MaxLength(LONGEST_HINT)
  @IsStorableText()
  @IsString()
  username?: string;
}

export class ExternalUserDto implements ExternalUser {
  user!: UserDto;
  /** Whether this request made the account. */
  created!: boolean;
}
