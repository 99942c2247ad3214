import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Operators } from '../common/access';
import { ApiErrors } from '../common/api-errors';
import { ExternalIdParam } from './external-id-param';
import { ExternalUserDto, PutExternalUserDto } from './external-users.dto';
import { ExternalUsersService } from './external-users.service';
import { UserDto } from './users.dto';

/** People by the ids that the product has for them. */
@ApiTags('users')
@ApiBearerAuth()
@Controller('external-users')
export class ExternalUsersController {
  constructor(private readonly users: ExternalUsersService) {}

  /** Makes an account for somebody of the product, or changes their names; the same again changes nothing. */
  @Put(':externalId')
  @Operators('users:write')
  @ApiErrors('text_invalid')
  put(
    @Param('externalId', ExternalIdParam) externalId: string,
    @Body() input: PutExternalUserDto,
  ): Promise<ExternalUserDto> {
    return this.users.put(externalId, input);
  }

  /** Whom somebody of the product is here. */
  @Get(':externalId')
  @Operators('users:read')
  @ApiErrors('user_not_found')
  get(@Param('externalId', ExternalIdParam) externalId: string): Promise<UserDto> {
    return this.users.get(externalId);
  }
}
