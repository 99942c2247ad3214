import { Injectable } from '@nestjs/common';
import { MembershipService } from '../conversations/membership.service';
import { ContactsService } from '../users/contacts.service';

/** Who may know of whom: friends and co-members, nobody blocked either way, and everybody of themselves. */
@Injectable()
export class PresenceAccess {
  constructor(
    private readonly contacts: ContactsService,
    private readonly membership: MembershipService,
  ) {}

  /** Those of the users whose presence the viewer may know. */
  async knowable(viewerId: string, userIds: readonly string[]): Promise<Set<string>> {
    const friendIds = await this.contacts.friendIds(viewerId);
    const known = userIds.filter((id) => id === viewerId || friendIds.has(id));
    const strangers = userIds.filter((id) => id !== viewerId && !friendIds.has(id));
    return new Set([...known, ...(await this.coMembers(viewerId, strangers))]);
  }

  private async coMembers(viewerId: string, strangers: readonly string[]): Promise<string[]> {
    if (strangers.length === 0) return [];
    const coMembers = [...(await this.membership.coMembers(viewerId, strangers))];
    const blocked = await Promise.all(coMembers.map((id) => this.contacts.isBlocked(viewerId, id)));
    return coMembers.filter((_, i) => !blocked[i]);
  }
}
