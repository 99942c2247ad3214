import type { ClientEvent, Message, Uuid } from '@parley/protocol';
import { Api } from './api/api';
import { Outbox } from './api/outbox';
import { PresenceApi } from './api/presence';
import { Receipts } from './api/receipts';
import { Typing } from './api/typing';
import type { ParleyClientOptions } from './client-options';
import { Connection } from './connection/connection';
import { Doors } from './connection/doors';
import { Tokens } from './connection/tokens';
import { Emitter } from './core/emitter';
import { ParleyError, unable } from './core/error';
import { host } from './core/host';
import { endingFetch, type Runtime, systemRuntime } from './core/runtime';
import { uuidMaker } from './core/uuid';
import type { ParleyEvents } from './events';
import { takeAnswer } from './state/answers';
import type { PendingMessage } from './state/conversation-state';
import { Replica } from './state/replica';
import { Synchronizer } from './state/synchronizer';
import type { Keeper, Kept } from './storage/keeper';
import type { TabListener, TabSharing } from './tabs/sharing';
import type { Link, Push } from './wire/link';
import { ParleyRest } from './wire/rest';

/** Most requests are answered long before; on a half-open connection none would ever be. */
const LONGEST_REQUEST_MS = 20_000;

/** What shows what an engine holds. */
export interface Shown {
  /** A conversation has changed, or, without an id, all of them may have. */
  conversation(id: Uuid | null): void;
  /** Whether all is caught up may have changed. */
  progress(): void;
}

/** The parts of a client, and how they hear of each other. */
export class Engine implements TabListener {
  readonly events = new Emitter<ParleyEvents>();
  readonly runtime: Runtime;
  readonly newId: () => Uuid;
  readonly connection: Connection;
  readonly api: Api;
  readonly presence: PresenceApi;
  readonly typing: Typing;
  readonly outbox: Outbox;
  readonly receipts: Receipts;
  replica: Replica;
  #synchronizer: Synchronizer;
  readonly #keeper: Keeper | undefined;
  readonly #tabs: TabSharing | undefined;
  readonly #watchers = new Map<Uuid, number>();
  #isLeading = false;

  constructor(
    private readonly options: ParleyClientOptions,
    private readonly shown: Shown,
  ) {
    const runtime = (this.runtime = options.runtime ?? systemRuntime);
    const fetch = options.fetch ?? ((url, init) => host.fetch!(url, init));
    const tokens = new Tokens(options.getToken);
    this.newId = uuidMaker(runtime.now);
    this.#tabs = options.tabs;
    const WebSocket = options.WebSocket ?? host.WebSocket;
    const onPush = (push: Push) => {
      this.#tabs?.pushed(push);
      this.connection.pushed(push);
      this.pushed(push);
    };
    const { url, fallback } = options;
    const doors = new Doors({ url, runtime, tokens, fetch, WebSocket, fallback, onPush });
    this.connection = new Connection({
      ...{ runtime, tokens, down: () => this.#down(), up: (link) => this.#up(link) },
      open: () => this.#open(doors),
    });
    const rest = new ParleyRest({
      url: options.url,
      fetch: endingFetch(runtime, fetch, LONGEST_REQUEST_MS).fetch,
    });
    this.api = new Api(rest, tokens, this.connection, runtime);
    this.presence = new PresenceApi(runtime, this.api, (presence) => this.events.emit('presence', presence));
    this.typing = new Typing(runtime, (conversationId, userIds) =>
      this.events.emit('typing', { conversationId, userIds }),
    );
    this.outbox = this.#makeOutbox();
    this.#keeper = options.storage?.(runtime, (error) => this.#complain(error));
    this.receipts = new Receipts({
      ...{ runtime, replica: () => this.replica, keep: (reads) => this.#keeper?.reads(reads) },
    });
    this.replica = this.#makeReplica('');
    this.#synchronizer = this.#makeSynchronizer();
    this.connection.state.subscribe(() => {
      const { status, error } = this.connection.state.getSnapshot();
      if (status === 'stopped' && error) this.events.emit('stopped', { error });
    });
  }

  /** Reads what is stored, and connects. */
  async start(): Promise<void> {
    const kept = await this.#keeper?.read();
    // What has been held once is newer than what is stored.
    if (this.replica.userId === '') await this.#restore(kept);
    if (this.#tabs) this.#tabs.join(this, this.runtime);
    else this.lead();
    this.connection.start();
  }

  async stop(): Promise<void> {
    this.connection.stop();
    this.#tabs?.leave();
    await this.#keeper?.end();
    this.#isLeading = this.outbox.isSending = this.receipts.isLeading = false;
  }

  /** Forgets all that is held and stored, in every tab. */
  async forgetAll(): Promise<void> {
    this.#tabs?.forget();
    this.#clear();
    await this.#keeper?.clear();
  }

  /** Something of a conversation has changed, or somebody looks at it. */
  touched(id: Uuid): void {
    this.shown.conversation(id);
    this.#keeper?.changed(id);
    const held = this.replica.conversations.get(id);
    if (!held) return;
    const { peer } = held.state();
    if (peer) this.events.emit('user', peer);
    this.receipts.look(held);
    this.#synchronizer.look(id);
  }

  get isCaughtUp(): boolean {
    return this.#synchronizer.isCaughtUp;
  }

  /** Somebody begins to look at a conversation; returns what ends it. */
  watch(id: Uuid): () => void {
    const change = (by: number) => {
      const watchers = (this.#watchers.get(id) ?? 0) + by;
      if (watchers > 0) this.#watchers.set(id, watchers);
      else this.#watchers.delete(id);
      const held = this.replica.conversations.get(id);
      if (held) held.watchers = watchers;
    };
    change(1);
    this.#synchronizer.look(id);
    this.shown.progress();
    let isOver = false;
    return () => {
      if (!isOver) change(-1);
      isOver = true;
    };
  }

  /** This tab leads. */
  lead(): void {
    this.#isLeading = true;
    this.outbox.lead();
    this.receipts.isLeading = true;
    this.#keeper?.lead();
    this.connection.reopen();
  }

  #up(link: Link): void {
    if (link.self.userId !== this.replica.userId) this.#adopt(link.self.userId);
    this.typing.link = link;
    this.#synchronizer.up(link);
    for (const part of [this.outbox, this.receipts, this.presence]) part.up(link);
  }

  #down(): void {
    for (const part of [this.#synchronizer, this.outbox, this.receipts, this.presence, this.typing])
      part.down();
  }

  /** The server has pushed this, here or to the tab that leads. */
  pushed(push: Push): void {
    this.replica.pushed(push);
    this.presence.pushed(push);
    this.typing.pushed(push);
    if (push.event === 'contact.changed') this.events.emit('contact', push.data);
  }

  answered(event: ClientEvent, data: unknown, reply: unknown): void {
    takeAnswer(this.replica, event, data, reply);
  }

  pending(id: Uuid, pending: PendingMessage | null): void {
    this.outbox.told(id, pending);
  }

  /** Somebody has logged out in another tab. */
  forget(): void {
    this.#clear();
  }

  async #open(doors: Doors): Promise<Link> {
    if (!this.#isLeading && this.#tabs) return this.#tabs.open();
    const link = await doors.open();
    return this.#tabs?.share(link) ?? link;
  }

  #clear(): void {
    this.replica.clear();
    this.outbox.clear();
    this.receipts.clear();
  }

  async #restore(kept?: Kept): Promise<void> {
    const { userId = kept?.userId } = this.options;
    if (kept && kept.userId !== userId) await this.#keeper?.clear();
    if (userId === undefined) return;
    this.#adopt(userId);
    if (kept?.userId !== userId) return;
    this.replica.restore(kept.cursor, kept.conversations);
    for (const pending of kept.outbox) this.outbox.told(pending.id, pending);
    this.receipts.restore(kept.reads);
  }

  /** What is held is somebody's: of somebody else nothing stays. */
  #adopt(userId: Uuid): void {
    if (this.replica.userId !== '') {
      this.#clear();
      void this.#keeper?.clear();
    }
    this.#synchronizer.down();
    this.replica = this.#makeReplica(userId);
    this.#synchronizer = this.#makeSynchronizer();
    this.#keeper?.hold(this.replica);
    this.outbox.keep();
    this.shown.conversation(null);
  }

  #makeReplica(userId: Uuid): Replica {
    return new Replica(userId, {
      watchersOf: (id) => this.#watchers.get(id) ?? 0,
      changed: (id) => this.touched(id),
      listChanged: (id, isHeld) => {
        this.touched(id);
        this.events.emit(isHeld ? 'joined' : 'left', { conversationId: id });
      },
      arrived: (message, isLive) => this.events.emit('message', { message, isLive }),
      stored: (message) => this.outbox.stored(message),
    });
  }

  #makeSynchronizer(): Synchronizer {
    const { api, runtime, replica } = this;
    return new Synchronizer({
      ...{ api, runtime, replica, changed: () => this.shown.progress() },
      complain: (error) => this.#complain(error),
    });
  }

  #makeOutbox(): Outbox {
    return new Outbox({
      runtime: this.runtime,
      peerOf: (id) => this.replica.conversations.get(id)?.state().peer?.id,
      sent: (message: Message, isNew) => {
        this.replica.arrived(message, isNew);
        this.events.emit('sent', { message });
      },
      failed: (pending, error) => this.events.emit('failed', { pending, error }),
      shown: ({ conversationId }) => this.shown.conversation(conversationId),
      changed: (id, pending, order) => {
        this.#keeper?.pending(id, pending, order);
        this.#tabs?.pending(id, pending);
      },
    });
  }

  #complain(error: unknown): void {
    const problem = error instanceof ParleyError ? error : unable('keep up in the background', error);
    this.events.emit('problem', { error: problem });
  }
}
