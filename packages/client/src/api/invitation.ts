import type { InviteAccepted, InvitePreview } from '@parley/protocol';
import type { ParleyClient } from '../client';
import type { ConversationHandle } from '../conversation-handle';

/** An invite to a group, of which I have the token: `new Invitation(client, token)`. */
export class Invitation {
  constructor(
    private readonly client: ParleyClient,
    readonly token: string,
  ) {}

  /** What the group is, and whether I am in it. */
  async preview(): Promise<InvitePreview> {
    const preview = await this.#ask<InvitePreview>('look at the invite', 'preview');
    this.client.learn(preview.creator);
    return preview;
  }

  /** Joins the group; for who is in it already, nothing changes. */
  async accept(): Promise<ConversationHandle> {
    const { conversation } = await this.#ask<InviteAccepted>('join the group', 'accept');
    return this.client.conversation(conversation.id);
  }

  #ask<T>(act: string, what: string): Promise<T> {
    return this.client.request('POST', `/v1/invites/${what}`, { token: this.token }, act);
  }
}
