import type { ConversationKind, MemberRole } from '@parley/protocol';
import { DomainError } from '../common/domain-error';
import { type Act, type Holder, POLICY, type Rule } from '../common/policy';

/** What the members of a conversation do in it. */
export type MemberAct = { [A in Act]: (typeof POLICY)[A] extends { who: 'member' } ? A : never }[Act];

/** How somebody stands in a conversation. */
interface Standing {
  readonly kind: ConversationKind;
  readonly role: MemberRole;
  /** Whether the message in question is theirs. */
  readonly isSender?: boolean;
}

const EVERY_MEMBER: readonly Holder[] = ['owner', 'admin', 'member'];

/** What removing a member of a role is. */
export const REMOVAL: Record<MemberRole, MemberAct> = {
  owner: 'owner.remove',
  admin: 'admin.remove',
  member: 'member.remove',
};

/** Whom something is left to in a kind of conversation; `not_a_group` where there is no such thing. */
export function holdersOf(act: MemberAct, kind: ConversationKind): readonly Holder[] {
  const { group = EVERY_MEMBER, direct = EVERY_MEMBER }: Rule = POLICY[act];
  const holders = kind === 'group' ? group : direct;
  if (!holders) throw new DomainError('not_a_group');
  return holders;
}

/** Refuses a member what the table leaves to others. */
export function requireMay(act: MemberAct, { kind, role, isSender }: Standing): void {
  const holders = holdersOf(act, kind);
  if (holders.includes(role) || (isSender && holders.includes('sender'))) return;
  throw new DomainError('forbidden', `Only ${holders.join(' or ')} may do this.`);
}

/** The same of something that is done to a message. */
export function requireMayWith(
  act: MemberAct,
  { kind, role, userId }: Standing & { userId: string },
  message: { senderId: string; kind: string },
): void {
  const { writtenOnly }: Rule = POLICY[act];
  if (writtenOnly && message.kind === 'system') {
    throw new DomainError('forbidden', 'Entries of the server stay as they are.');
  }
  requireMay(act, { kind, role, isSender: message.senderId === userId });
}

/** Whether a block between the two of a direct conversation refuses it. */
export function isRefusedByBlock(act: MemberAct): boolean {
  const { block }: Rule = POLICY[act];
  return block === 'refuses';
}
