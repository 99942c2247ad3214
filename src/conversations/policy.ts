import type { ConversationKind, MemberRole } from '@parley/protocol';
import { DomainError } from '../common/domain-error';

/** Who may do what in a group; everything else any member may. */
const MAY = {
  changeTitle: ['owner', 'admin'],
  addMembers: ['owner', 'admin'],
  removeMember: ['owner', 'admin'],
  removeAdmin: ['owner'],
  removeOwner: ['owner'],
  changeRoles: ['owner'],
  deleteMessages: ['owner', 'admin'],
  pinMessages: ['owner', 'admin'],
} as const satisfies Record<string, readonly MemberRole[]>;

export type GroupAct = keyof typeof MAY;

/** What removing a member of a role is. */
export const REMOVAL: Record<MemberRole, GroupAct> = {
  owner: 'removeOwner',
  admin: 'removeAdmin',
  member: 'removeMember',
};

export function requireMay(role: MemberRole, act: GroupAct): void {
  const roles: readonly MemberRole[] = MAY[act];
  if (!roles.includes(role))
    throw new DomainError('forbidden', `Only ${roles.join(' or ')} of a group may do this.`);
}

/** A message is deleted for everyone by who sent it, and in a group by those who keep order there. */
export function requireMayDelete(
  actor: { userId: string; role: MemberRole },
  kind: ConversationKind,
  message: { senderId: string; kind: string },
): void {
  if (message.kind === 'system') throw new DomainError('forbidden', 'Entries of the server stay.');
  if (message.senderId === actor.userId) return;
  if (kind === 'direct') throw new DomainError('forbidden', 'Only who sent a message may delete it.');
  requireMay(actor.role, 'deleteMessages');
}

/** In a direct conversation both pin. */
export function requireMayPin(role: MemberRole, kind: ConversationKind): void {
  if (kind === 'group') requireMay(role, 'pinMessages');
}
