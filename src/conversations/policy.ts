import type { MemberRole } from '@parley/protocol';
import { DomainError } from '../common/domain-error';

/** Who may do what in a group; everything else any member may. */
const MAY = {
  changeTitle: ['owner', 'admin'],
  addMembers: ['owner', 'admin'],
  removeMember: ['owner', 'admin'],
  removeAdmin: ['owner'],
  removeOwner: ['owner'],
  changeRoles: ['owner'],
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
