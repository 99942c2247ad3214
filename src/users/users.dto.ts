import type { Me, Page, User } from '@parley/protocol';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { PageQuery } from '../common/page-query.dto';
import { IsName, IsStorableText } from '../common/text';

export const DISPLAY_NAME_LENGTH = 64;

export class UpdateMeDto {
  @IsName(DISPLAY_NAME_LENGTH)
  displayName!: string;
}

export class UserSearchQuery extends PageQuery {
  /** How the user name or the display name begins. */
  @MinLength(1)
  @MaxLength(DISPLAY_NAME_LENGTH)
  @IsStorableText()
  @IsString()
  query!: string;
}

export class UserDto implements User {
  id!: string;
  /** Empty for a deleted account. */
  username!: string;
  displayName!: string;
  deleted!: boolean;
}

export class MeDto extends UserDto implements Me {
  /** Whether I may act for the whole server. */
  administrator!: boolean;
  createdAt!: string;
}

export class UserPageDto implements Page<User> {
  items!: UserDto[];
  /** Asks for the next page; null on the last. */
  cursor!: string | null;
}
