import type {
  History,
  Invite,
  InviteInput,
  InviteMade,
  MemberProfile,
  MemberRole,
  Message,
  MessageEdit,
  Page,
  ReactionEntry,
  Readers,
  UnreadExplanation,
  Uuid,
} from '@parley/protocol';
import type { ParleyClient } from '../client';
import { query } from '../wire/query';

/** A page of a list: `cursor` is that of the page before. */
export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

/** Which members: all, or those whose user name or display name begins so. */
export interface MembersQuery extends PageQuery {
  readonly query?: string;
}

/** What is asked of a conversation now and then: members, roles, and the details of messages. */
export class ConversationApi {
  constructor(
    private readonly client: ParleyClient,
    readonly id: Uuid,
  ) {}

  /** A page of history as the server has it, which is not held here. */
  history(range: { before?: number; after?: number; limit?: number } = {}): Promise<History> {
    return this.#ask('read the history', 'GET', `/messages${query(range)}`);
  }

  /** Pinned messages, the latest first. */
  async pins(): Promise<Message[]> {
    return (await this.#ask<{ messages: Message[] }>('read the pinned messages', 'GET', '/pins')).messages;
  }

  /** Who has got and who has read a message. */
  readers(messageId: Uuid): Promise<Readers> {
    return this.#ask('find its readers', 'GET', `/messages/${messageId}/readers`);
  }

  /** What a message was before each edit, the latest first; empty unless the server keeps it. */
  edits(messageId: Uuid, page: PageQuery = {}): Promise<Page<MessageEdit>> {
    return this.#ask('read its edits', 'GET', `/messages/${messageId}/edits${query(page)}`);
  }

  /** Who has reacted to a message. */
  reactions(messageId: Uuid, page: PageQuery & { emoji?: string } = {}): Promise<Page<ReactionEntry>> {
    return this.#ask('read its reactions', 'GET', `/messages/${messageId}/reactions${query(page)}`);
  }

  /** How the number of unread messages comes about. */
  async explainUnread(): Promise<UnreadExplanation> {
    return (await this.#ask<{ explain: UnreadExplanation }>('explain the number', 'GET', '/unread?explain=1'))
      .explain;
  }

  /** Members with their names, a page of them. */
  async listMembers(page: MembersQuery = {}): Promise<Page<MemberProfile>> {
    const members = await this.#ask<Page<MemberProfile>>('list the members', 'GET', `/members${query(page)}`);
    members.items.forEach(({ user }) => this.client.learn(user));
    return members;
  }

  async rename(title: string): Promise<void> {
    await this.#ask('change the title', 'PATCH', '', { title });
  }

  async addMembers(userIds: readonly Uuid[]): Promise<void> {
    await this.#ask('add the members', 'POST', '/members', { userIds });
  }

  async removeMember(userId: Uuid): Promise<void> {
    await this.#ask('remove the member', 'DELETE', `/members/${userId}`);
  }

  async setRole(userId: Uuid, role: MemberRole): Promise<void> {
    await this.#ask('change the role', 'PATCH', `/members/${userId}`, { role });
  }

  /** Makes somebody else the owner; I become an admin. */
  async handOver(userId: Uuid): Promise<void> {
    await this.#ask('hand the group over', 'POST', '/handover', { userId });
  }

  /** Makes an invite of the group; the answer alone has its token. */
  invite(input: InviteInput = {}): Promise<InviteMade> {
    return this.#ask('make the invite', 'POST', '/invites', input);
  }

  /** Invites of the group that can be used, the latest first. */
  async invites(): Promise<Invite[]> {
    const { items } = await this.#ask<{ items: Invite[] }>('list the invites', 'GET', '/invites');
    items.forEach(({ creator }) => this.client.learn(creator));
    return items;
  }

  /** Ends an invite: nobody comes by it any more. */
  async revokeInvite(inviteId: Uuid): Promise<void> {
    await this.#ask('revoke the invite', 'DELETE', `/invites/${inviteId}`);
  }

  async leave(): Promise<void> {
    await this.removeMember(this.client.userId ?? '');
  }

  #ask<T>(act: string, method: string, rest: string, body?: unknown): Promise<T> {
    return this.client.request(method, `/v1/conversations/${this.id}${rest}`, body, act);
  }
}
