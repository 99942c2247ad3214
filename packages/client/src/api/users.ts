import type { Page, User, Uuid } from '@parley/protocol';
import type { Readable } from '../core/store';
import { StoreMap } from '../core/store-map';
import { query } from '../wire/query';
import type { ParleyClient } from '../client';

const MOST_KNOWN = 5_000;

/** Names of people, as far as they have been needed: `new Users(client)`, once per client. */
export class Users {
  readonly #known = new Map<Uuid, User>();
  readonly #asked = new Map<Uuid, Promise<User | null>>();
  readonly #stores: StoreMap<User | null>;

  constructor(private readonly client: ParleyClient) {
    this.#stores = new StoreMap(
      (id) => this.#known.get(id) ?? null,
      (id, isWatched) => {
        if (isWatched) void this.get(id).catch(() => undefined);
      },
    );
    client.on('user', (user) => this.#learn(user));
    for (const { peer } of client.conversations.getSnapshot()) if (peer) this.#learn(peer);
  }

  /** Somebody; null until they are known. They are asked for when it is subscribed to. */
  of(userId: Uuid): Readable<User | null> {
    return this.#stores.of(userId);
  }

  /** Somebody; null when there is no such user. */
  get(userId: Uuid): Promise<User | null> {
    const known = this.#known.get(userId);
    if (known) return Promise.resolve(known);
    const asking = this.#asked.get(userId) ?? this.#ask(userId).finally(() => this.#asked.delete(userId));
    this.#asked.set(userId, asking);
    return asking;
  }

  /** People by how their user name or display name begins. */
  async search(
    text: string,
    { cursor, limit }: { cursor?: string | undefined; limit?: number } = {},
  ): Promise<Page<User>> {
    const path = `/v1/users${query({ query: text, cursor, limit })}`;
    const page = await this.client.request<Page<User>>('GET', path, undefined, 'search people');
    page.items.forEach((user) => this.#learn(user));
    return page;
  }

  #learn(user: User): void {
    const known = this.#known.get(user.id);
    if (known?.displayName === user.displayName && known.username === user.username) return;
    this.#known.delete(user.id);
    this.#known.set(user.id, user);
    const [first] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && first !== undefined) this.#known.delete(first);
    this.#stores.changed(user.id);
  }

  async #ask(userId: Uuid): Promise<User | null> {
    const user = await this.client
      .request<User>('GET', `/v1/users/${userId}`, undefined, 'find the user')
      .catch((error: { code?: string }) => {
        if (error.code === 'user_not_found') return null;
        throw error;
      });
    if (user) this.#learn(user);
    return user;
  }
}
