import type { PasswordReset, Session, Tokens } from '@parley/protocol';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { IsId } from '../common/ids';
import { IsName, IsStorableText } from '../common/text';
import { DISPLAY_NAME_LENGTH, MeDto } from '../users/users.dto';

const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_LENGTH = 256;
const MAX_DEVICE_NAME_LENGTH = 100;
/** More than any refresh token has. */
const MAX_TOKEN_LENGTH = 2_048;
/** Those of an outside issuer may carry much. */
const MAX_ACCESS_TOKEN_LENGTH = 8_192;

/** Of ASCII only: others have letters in it as their small ones, such as the sign of Kelvin. */
function LowerCase(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) : value,
  );
}

/** On what somebody logs in. */
export class DeviceDto {
  /** Made by the client and kept; logging in again with it ends the session before. */
  @IsOptional()
  @IsId()
  deviceId?: string;

  /** Shown in the list of sessions. */
  @IsOptional()
  @IsName(MAX_DEVICE_NAME_LENGTH)
  deviceName?: string;
}

export class RegisterDto extends DeviceDto {
  /** 3 to 32 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit; capitals are lowered. */
  @LowerCase()
  @Matches(/^[a-z0-9][a-z0-9._-]{2,31}$/)
  @IsString()
  username!: string;

  @Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH)
  @IsStorableText()
  @IsString()
  password!: string;

  @IsName(DISPLAY_NAME_LENGTH)
  displayName!: string;
}

export class LoginDto extends DeviceDto {
  @LowerCase()
  @MaxLength(MAX_PASSWORD_LENGTH)
  @IsStorableText()
  @IsString()
  username!: string;

  @MaxLength(MAX_PASSWORD_LENGTH)
  @IsString()
  password!: string;
}

export class RefreshDto {
  /** Missing: it is in the cookie, of a page that asks with `Parley-Session: cookie`. */
  @IsOptional()
  @MaxLength(MAX_TOKEN_LENGTH)
  @IsString()
  refreshToken?: string;
}

export class ChangePasswordDto {
  @MaxLength(MAX_PASSWORD_LENGTH)
  @IsString()
  currentPassword!: string;

  @Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH)
  @IsStorableText()
  @IsString()
  newPassword!: string;
}

export class ResetPasswordDto {
  /** Whether the password of now, and all sessions, end at once: somebody else may have them. */
  @IsOptional()
  @IsBoolean()
  shutOut?: boolean;
}

export class PasswordResetDto implements PasswordReset {
  resetToken!: string;
  expiresAt!: string;
}

export class NewPasswordDto {
  @MaxLength(MAX_TOKEN_LENGTH)
  @IsString()
  resetToken!: string;

  @Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH)
  @IsStorableText()
  @IsString()
  newPassword!: string;
}

export class DeleteAccountDto {
  @MaxLength(MAX_PASSWORD_LENGTH)
  @IsString()
  password!: string;
}

/** What `auth.refresh` carries over the socket. */
export class RenewDto {
  @MaxLength(MAX_ACCESS_TOKEN_LENGTH)
  @IsString()
  accessToken!: string;
}

export class TokensDto implements Omit<Tokens, 'refreshToken'> {
  accessToken!: string;
  /** Missing for who asks with `Parley-Session: cookie`: it is in a cookie. */
  refreshToken?: string;
  /** Seconds for which the access token is good. */
  expiresIn!: number;
  sessionId!: string;
  user!: MeDto;
}

export class SessionDto implements Session {
  id!: string;
  deviceName!: string | null;
  createdAt!: string;
  /** When it was opened or last refreshed. */
  lastUsedAt!: string;
  /** Whether it is the session that asks. */
  current!: boolean;
}

export class SessionListDto {
  items!: SessionDto[];
}
