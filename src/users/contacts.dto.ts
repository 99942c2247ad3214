import { ApiProperty } from '@nestjs/swagger';
import {
  type Contact,
  CONTACT_ACTIONS,
  CONTACT_STATES,
  type ContactAction,
  type ContactState,
  type Page,
} from '@parley/protocol';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../common/page-query.dto';
import { UserDto } from './users.dto';

const LISTED_STATES = CONTACT_STATES.filter((state) => state !== 'none');

export class ContactsQuery extends PageQuery {
  /** Only contacts in this state. */
  @ApiProperty({ enum: LISTED_STATES, required: false })
  @IsOptional()
  @IsIn(LISTED_STATES)
  state?: Exclude<ContactState, 'none'>;
}

export class ChangeContactDto {
  @ApiProperty({ enum: CONTACT_ACTIONS })
  @IsIn(CONTACT_ACTIONS)
  action!: ContactAction;
}

export class ContactStandingDto {
  userId!: string;

  /** How I stand with them now. */
  @ApiProperty({ enum: CONTACT_STATES })
  state!: ContactState;
}

export class ContactDto implements Contact {
  user!: UserDto;

  @ApiProperty({ enum: CONTACT_STATES })
  state!: ContactState;

  since!: string;
}

export class ContactPageDto implements Page<Contact> {
  items!: ContactDto[];
  /** Asks for the next page; null on the last. */
  cursor!: string | null;
}
