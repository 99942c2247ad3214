import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { ContactListService } from './contact-list.service';
import { ChangeContactDto, ContactPageDto, ContactsQuery, ContactStandingDto } from './contacts.dto';
import { ContactsService } from './contacts.service';

@ApiTags('contacts')
@ApiBearerAuth()
@Controller('contacts')
export class ContactsController {
  constructor(
    private readonly contacts: ContactsService,
    private readonly lists: ContactListService,
  ) {}

  /** My friends, requests and blocks. */
  @Get()
  @ApiErrors('cursor_invalid')
  list(@CurrentActor() actor: Actor, @Query() query: ContactsQuery): Promise<ContactPageDto> {
    return this.lists.list(actor, query);
  }

  /** Asks somebody to be a friend, answers their request, blocks or unblocks them. */
  @Put(':userId')
  @ApiErrors('user_not_found', 'contact_not_found', 'blocked')
  change(
    @CurrentActor() actor: Actor,
    @Param('userId', IdParam) userId: string,
    @Body() { action }: ChangeContactDto,
  ): Promise<ContactStandingDto> {
    return this.contacts.change(actor, userId, action);
  }

  /** Ends a friendship, takes back a request, or declines one; a block stays. */
  @Delete(':userId')
  @HttpCode(204)
  async remove(@CurrentActor() actor: Actor, @Param('userId', IdParam) userId: string): Promise<void> {
    await this.contacts.change(actor, userId, 'remove');
  }
}
