import { LIMITS } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { ConversationChange } from '../timeline/conversation-change';
import type { Committed } from './conversation-announcer';
import { MemberRows } from './member-rows';

interface Comers {
  /** None of them is a member now. */
  readonly userIds: string[];
  /** Whose invite the actor has come by. */
  readonly invitedBy?: string;
}

/** Makes people members of a group, within a change of it, and writes down that they came. */
export async function takeIn(
  change: ConversationChange,
  { userId: actorId }: Actor,
  { userIds, invitedBy }: Comers,
): Promise<Committed> {
  const { conversation } = change;
  if (conversation.memberCount + userIds.length > LIMITS.groupMembers)
    throw new DomainError('conversation_full');
  const joinedSeq = conversation.historyVisible ? 0 : conversation.lastSeq;
  const by = invitedBy === undefined ? {} : { invitedBy };
  const entry = await change.record(actorId, { type: 'member.added', userIds, ...by });
  const added = await new MemberRows(change).add(new Map(userIds.map((id) => [id, 'member'])), {
    joinedSeq,
    version: entry.version,
  });
  const members = new Map(added.map((member) => [member.userId, member]));
  return { conversation, entry, members, added: new Set(userIds) };
}
