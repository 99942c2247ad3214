import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { AccountDeletion } from './account-deletion';
import { ContactFeed } from './contact-feed';
import { ContactListService } from './contact-list.service';
import { ContactsController } from './contacts.controller';
import { ContactsService } from './contacts.service';
import { IdentitiesService } from './identities.service';
import { ProfileCache } from './profile-cache';
import { UserSearchService } from './user-search.service';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';

@Module({
  imports: [ConnectionsModule],
  controllers: [UsersController, ContactsController],
  providers: [
    AccountDeletion,
    ContactFeed,
    ContactListService,
    ContactsService,
    IdentitiesService,
    ProfileCache,
    UserSearchService,
    UsersService,
  ],
  exports: [AccountDeletion, ContactsService, IdentitiesService, UsersService],
})
export class UsersModule {}
