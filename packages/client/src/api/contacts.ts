import type { Contact, ContactAction, ContactState, Page, Uuid } from '@parley/protocol';
import { type Readable, Store } from '../core/store';
import { query } from '../wire/query';
import type { ParleyClient } from '../client';

const PAGE = 200;

/** Friends, requests and blocks: `new Contacts(client)`, once per client. */
export class Contacts {
  /** All of them; null until they have been read, which a subscription begins. */
  readonly list: Readable<readonly Contact[] | null>;
  readonly #store: Store<readonly Contact[] | null>;
  #held: readonly Contact[] | null = null;
  #reading: Promise<readonly Contact[]> | null = null;
  #isStale = false;

  constructor(private readonly client: ParleyClient) {
    this.#store = new Store(
      () => this.#held,
      (isWatched) => {
        if (isWatched && !this.#held) this.#reload();
      },
    );
    this.list = this.#store;
    const changed = () => {
      if (this.#held || this.#store.isWatched) this.#reload();
    };
    client.on('contact', changed);
    // They may have changed while nobody could tell.
    let wasOnline = false;
    client.connection.subscribe(() => {
      const isOnline = client.connection.getSnapshot().status === 'online';
      if (isOnline && !wasOnline) changed();
      wasOnline = isOnline;
    });
  }

  /** Asks somebody to be friends. */
  request(userId: Uuid): Promise<ContactState> {
    return this.#change('ask to be friends', userId, 'request');
  }

  accept(userId: Uuid): Promise<ContactState> {
    return this.#change('accept the request', userId, 'accept');
  }

  decline(userId: Uuid): Promise<ContactState> {
    return this.#change('decline the request', userId, 'decline');
  }

  /** No direct messages, no presence, no invitations any more, both ways; they are not told. */
  block(userId: Uuid): Promise<ContactState> {
    return this.#change('block the user', userId, 'block');
  }

  unblock(userId: Uuid): Promise<ContactState> {
    return this.#change('unblock the user', userId, 'unblock');
  }

  /** Ends a friendship, or takes a request back. */
  async remove(userId: Uuid): Promise<void> {
    await this.client.request('DELETE', `/v1/contacts/${userId}`, undefined, 'remove the contact');
    await this.refresh();
  }

  /** Reads them anew. */
  refresh(): Promise<readonly Contact[]> {
    // What changes while they are read may be missing in what is read.
    this.#isStale = this.#reading !== null;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      if (this.#isStale) this.#reload();
    });
    return this.#reading;
  }

  async #read(): Promise<readonly Contact[]> {
    const all: Contact[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const path = `/v1/contacts${query({ limit: PAGE, cursor })}`;
      const page: Page<Contact> = await this.client.request('GET', path, undefined, 'read the contacts');
      all.push(...page.items);
      cursor = page.cursor ?? undefined;
      more = page.cursor !== null;
    }
    this.#held = all;
    this.#store.changed();
    return all;
  }

  async #change(act: string, userId: Uuid, action: ContactAction): Promise<ContactState> {
    const path = `/v1/contacts/${userId}`;
    const { state } = await this.client.request<{ state: ContactState }>('PUT', path, { action }, act);
    if (this.#held || this.#store.isWatched) await this.refresh();
    return state;
  }

  #reload(): void {
    void this.refresh().catch(() => undefined); // the next connection reads them again
  }
}
