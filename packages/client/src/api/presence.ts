import { type ChosenStatus, LIMITS, type Presence, type Uuid } from '@parley/protocol';
import type { Runtime } from '../core/runtime';
import type { Readable } from '../core/store';
import { StoreMap } from '../core/store-map';
import type { Link, Push } from '../wire/link';
import type { Api } from './api';

/** Who comes onto the screen within it is watched with one request. */
const WATCH_MS = 50;

/** Who is online, as far as somebody looks. */
export class PresenceApi {
  readonly #known = new Map<Uuid, Presence>();
  readonly #stores: StoreMap<Presence>;
  #link: Link | null = null;
  #cancel: (() => void) | null = null;
  #watching = '';

  constructor(
    private readonly runtime: Runtime,
    private readonly api: Api,
    private readonly tell: (presence: Presence) => void,
  ) {
    this.#stores = new StoreMap(
      (userId) => this.#known.get(userId) ?? { userId, status: 'unknown', lastSeenAt: null },
      () => this.#watch(),
    );
  }

  /** Somebody's presence; it is asked for and followed while it is subscribed to, of up to 200 people. */
  of(userId: Uuid): Readable<Presence> {
    return this.#stores.of(userId);
  }

  /** Chooses what I am shown as while connected. */
  set(status: ChosenStatus): Promise<Presence> {
    return this.api.ask('change your status', 'presence.set', { status }, (presence) => this.#take(presence));
  }

  /** @internal */
  up(link: Link): void {
    this.#link = link;
    this.#watching = '';
    this.#watch();
  }

  /** @internal What was known may not be so any more. */
  down(): void {
    this.#link = null;
    this.#known.clear();
    this.#stores.changedAll();
  }

  /** @internal */
  pushed(push: Push): void {
    if (push.event === 'presence.changed') this.#take(push.data);
  }

  #watch(): void {
    this.#cancel ??= this.runtime.after(WATCH_MS, () => {
      this.#cancel = null;
      const userIds = this.#stores.watchedKeys.slice(-LIMITS.presenceWatch);
      const all = userIds.join();
      if (!this.#link || all === this.#watching) return;
      this.#watching = all;
      this.#link
        .request('presence.watch', { userIds }, ({ presence }) =>
          presence.forEach((each) => this.#take(each)),
        )
        .catch(() => (this.#watching = ''));
    });
  }

  #take(presence: Presence): void {
    this.#known.set(presence.userId, presence);
    this.#stores.changed(presence.userId);
    this.tell(presence);
  }
}
