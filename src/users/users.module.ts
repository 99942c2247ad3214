import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { ActingUsers } from './acting-users';
import { AccountDeletion } from './account-deletion';
import { Administrators } from './administrators';
import { ContactFeed } from './contact-feed';
import { ContactListService } from './contact-list.service';
import { ContactsController } from './contacts.controller';
import { ContactsService } from './contacts.service';
import { ExternalUsersController } from './external-users.controller';
import { ExternalUsersService } from './external-users.service';
import { IdentitiesService } from './identities.service';
import { ProfileCache } from './profile-cache';
import { UserSearchService } from './user-search.service';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';

@Module({
  imports: [ConnectionsModule],
  controllers: [ExternalUsersController, UsersController, ContactsController],
  providers: [
    AccountDeletion,
    ActingUsers,
    Administrators,
    ContactFeed,
    ContactListService,
    ContactsService,
    ExternalUsersService,
    IdentitiesService,
    ProfileCache,
    UserSearchService,
    UsersService,
  ],
  exports: [AccountDeletion, ActingUsers, Administrators, ContactsService, IdentitiesService, UsersService],
})
export class UsersModule {}
