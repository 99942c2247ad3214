import type { ConversationCreated, Message, User, Uuid } from '@parley/protocol';
import type { PresenceApi } from './api/presence';
import type { ParleyClientOptions } from './client-options';
import type { LinkState } from './connection/connection';
import { ConversationHandle, enqueue, type MessageDraft } from './conversation-handle';
import { failure } from './core/error';
import { type Readable, Store } from './core/store';
import { Engine } from './engine';
import type { ParleyEvents } from './events';
import type { ConversationState, PendingMessage } from './state/conversation-state';

/** How the connection stands. */
export interface ConnectionState extends LinkState {
  /** Whether all that is looked at is as the server has it. */
  readonly isCaughtUp: boolean;
}

/** What is unread in all conversations together. */
export interface UnreadTotal {
  readonly unread: number;
  readonly unreadMentions: number;
}

/** A new group. */
export interface GroupDraft {
  readonly title: string;
  readonly memberIds: readonly Uuid[];
  /** Whether who joins later sees what was written before. */
  readonly historyVisible?: boolean;
}

/**
 * One person's client on one device: it keeps a connection, holds conversations and keeps them right, and sends
 * what is written, whatever becomes of the connection meanwhile.
 *
 * What is the case now is in stores (`getSnapshot`, `subscribe`); what happens is told by `on`.
 */
export class ParleyClient {
  /** How the connection stands. */
  readonly connection: Readable<ConnectionState>;
  /** My conversations, the latest written in first. */
  readonly conversations: Readable<readonly ConversationState[]>;
  readonly unread: Readable<UnreadTotal>;
  /** All messages of mine that are not stored yet, in the order in which they were written. */
  readonly outbox: Readable<readonly PendingMessage[]>;
  readonly presence: PresenceApi;
  readonly #engine: Engine;
  readonly #handles = new Map<Uuid, ConversationHandle>();
  #starting: Promise<void> | null = null;

  constructor(options: ParleyClientOptions) {
    const connection = new Store<ConnectionState>(() => ({
      ...this.#engine.connection.state.getSnapshot(),
      isCaughtUp: this.#engine.isCaughtUp,
    }));
    const conversations = new Store(() => this.#list());
    const unread = new Store(() => this.#total());
    this.#engine = new Engine(options, {
      conversation: (id) => {
        for (const store of [conversations, unread, connection]) store.changed();
        if (id === null) for (const handle of this.#handles.values()) handle.changed();
        else this.#handles.get(id)?.changed();
      },
      progress: () => connection.changed(),
    });
    this.#engine.connection.state.subscribe(() => connection.changed());
    this.presence = this.#engine.presence;
    this.connection = connection;
    this.conversations = conversations;
    this.unread = unread;
    this.outbox = this.#engine.outbox.all;
  }

  /** Mine; null until a connection, or what is stored, has told it. */
  get userId(): Uuid | null {
    return this.#engine.replica.userId || null;
  }

  /** Shows what is stored, and connects; resolves when what is stored is there. */
  start(): Promise<void> {
    return (this.#starting ??= this.#engine.start());
  }

  /** Ends the connection, and writes what is to be stored; `start` begins again. */
  async stop(): Promise<void> {
    await this.#starting;
    this.#starting = null;
    await this.#engine.stop();
  }

  /** Forgets everything that is held and stored, in all tabs: to be called when somebody logs out. */
  forget(): Promise<void> {
    return this.#engine.forgetAll();
  }

  /** Looks after the connection now, or tries again: for what tells of the network where this package cannot. */
  wake(): void {
    this.#engine.connection.wake();
  }

  /** Listens to what happens; returns what ends it. */
  on<E extends keyof ParleyEvents>(event: E, listener: (data: ParleyEvents[E]) => void): () => void {
    return this.#engine.events.on(event, listener);
  }

  /** A conversation, whether I am in it or not; the same handle each time. */
  conversation(id: Uuid): ConversationHandle {
    let handle = this.#handles.get(id);
    if (!handle) this.#handles.set(id, (handle = new ConversationHandle(this.#engine, id)));
    return handle;
  }

  /** The direct conversation with somebody, which is made when missing. */
  async openDirect(userId: Uuid): Promise<ConversationHandle> {
    const known = this.#directWith(userId);
    return known
      ? this.conversation(known)
      : this.#create('write to the user', { kind: 'direct', memberIds: [userId] });
  }

  createGroup(draft: GroupDraft): Promise<ConversationHandle> {
    // With an id, so that the same group is made once.
    return this.#create('make the group', { kind: 'group', id: this.#engine.newId(), ...draft });
  }

  /** Sends a message to somebody, in the direct conversation, which is made when missing. */
  send(to: Uuid, draft: MessageDraft): PendingMessage {
    const conversationId = this.#directWith(to);
    return enqueue(
      this.#engine,
      conversationId ? { conversationId, to: null } : { conversationId: null, to },
      draft,
    );
  }

  /** Resolves when a message of mine is stored; rejects when it was refused or discarded. */
  async whenSent({ id }: { id: Uuid }): Promise<Message> {
    const { outbox, replica } = this.#engine;
    for (const { timeline } of replica.conversations.values()) {
      const message = timeline.get(id);
      if (message) return message;
    }
    const pending = outbox.get(id);
    if (!pending) throw failure('stopped', 'wait for the message', 'it is not on its way');
    return outbox.whenSent(id);
  }

  /** Sends a failed message again. */
  retry(id: Uuid): void {
    this.#engine.outbox.retry(id);
  }

  /** Gives a failed or pending message up; one that is under way may arrive all the same. */
  discard(id: Uuid): void {
    this.#engine.outbox.discard(id);
  }

  /** Somebody's names are known, for those who listen to `user`. */
  learn(user: User): void {
    this.#engine.events.emit('user', user);
  }

  /**
   * Any other REST request, such as `request('GET', '/v1/users/me')`.
   *
   * @param act What an error says could not be done.
   */
  request<Reply>(method: string, path: string, body?: unknown, act = `${method} ${path}`): Promise<Reply> {
    return this.#engine.api.call(act, method, path, body);
  }

  #directWith(userId: Uuid): Uuid | undefined {
    for (const held of this.#engine.replica.conversations.values()) {
      if (held.state().peer?.id === userId) return held.id;
    }
    return undefined;
  }

  async #create(act: string, body: object): Promise<ConversationHandle> {
    const { conversation } = await this.#engine.api.call<ConversationCreated>(
      act,
      'POST',
      '/v1/conversations',
      body,
    );
    return this.conversation(conversation.id);
  }

  #list(): readonly ConversationState[] {
    const listed = [...this.#engine.replica.conversations.values()].filter(({ isListed }) => isListed);
    const states = listed.map((held) => held.state());
    return states.sort((a, b) => (at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : 0));
  }

  #total(): UnreadTotal {
    let [unread, unreadMentions] = [0, 0];
    for (const held of this.#engine.replica.conversations.values()) {
      const state = held.state();
      unread += state.unread;
      unreadMentions += state.unreadMentions;
    }
    return { unread, unreadMentions };
  }
}

function at({ lastMessage, createdAt }: ConversationState): string {
  return lastMessage?.createdAt ?? createdAt;
}
