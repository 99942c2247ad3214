import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { TimelineModule } from '../timeline/timeline.module';
import { UsersModule } from '../users/users.module';
import { ConversationAnnouncer } from './conversation-announcer';
import { ConversationsController } from './conversations.controller';
import { DirectConversationsService } from './direct-conversations.service';
import { DirectCreator } from './direct-creator';
import { GroupChannels } from './group-channels';
import { GroupsService } from './groups.service';
import { InvitesController } from './invites.controller';
import { InvitesService } from './invites.service';
import { JoiningController } from './joining.controller';
import { JoiningService } from './joining.service';
import { LeaveOnDeletion } from './leave-on-deletion';
import { MemberDirectoryService } from './member-directory.service';
import { MembersController } from './members.controller';
import { MembersService } from './members.service';
import { MembershipService } from './membership.service';

@Module({
  imports: [ConnectionsModule, TimelineModule, UsersModule],
  controllers: [ConversationsController, InvitesController, JoiningController, MembersController],
  providers: [
    ConversationAnnouncer,
    DirectConversationsService,
    DirectCreator,
    GroupChannels,
    GroupsService,
    InvitesService,
    JoiningService,
    LeaveOnDeletion,
    MemberDirectoryService,
    MembersService,
    MembershipService,
  ],
  exports: [DirectConversationsService, MemberDirectoryService, MembershipService],
})
export class ConversationsModule {}
