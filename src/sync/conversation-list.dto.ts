import type { ConversationSummary, MemberRole, Page } from '@parley/protocol';
import { ConversationDto } from '../conversations/conversations.dto';
import { MessageDto } from '../timeline/message.dto';
import { UserDto } from '../users/users.dto';

export class ConversationSummaryDto extends ConversationDto implements ConversationSummary {
  role!: MemberRole;
  /** Messages up to and including this one are not shown to me. */
  joinedSeq!: number;
  deliveredSeq!: number;
  readSeq!: number;
  /** Counted up to 1,000. */
  unread!: number;
  /** Those of them that mention me; counted up to 1,000. */
  unreadMentions!: number;
  lastMessage!: MessageDto | null;
  /** The other person of a direct conversation. */
  peer!: UserDto | null;
}

export class ConversationListDto implements Page<ConversationSummary> {
  items!: ConversationSummaryDto[];
  cursor!: string | null;
}
