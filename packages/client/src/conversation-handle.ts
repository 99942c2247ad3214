import type { Message, MessageInput, MessageRevision, Uuid } from '@parley/protocol';
import { failure } from './core/error';
import { type Readable, Store } from './core/store';
import type { Engine } from './engine';
import { takeAnswer } from './state/answers';
import type { ConversationState, Members, MessageList, PendingMessage } from './state/conversation-state';
import type { HeldConversation } from './state/held-conversation';
import { loadOlder } from './state/reader';

/** A message to be sent: its text, or more; the id is made here unless it is given. */
export type MessageDraft = string | (Omit<MessageInput, 'id'> & { id?: Uuid });

const NO_MESSAGES: readonly Message[] = [];
const NO_MEMBERS: Members = [];

/** One conversation: what is in it, and what can be done in it. */
export class ConversationHandle {
  /** Its line in the list; null when I am not in it, or when it is not known yet. */
  readonly state: Readable<ConversationState | null>;
  /** Its messages; while it is subscribed to they are kept up to date. */
  readonly messages: Readable<MessageList>;
  /** Its members; of groups with more than 100 those that have been told of: see `ConversationApi`. */
  readonly members: Readable<Members>;
  /** Ids of those who are writing. */
  readonly typing: Readable<readonly Uuid[]>;
  readonly #stores: Store<unknown>[];
  #shownPending: readonly PendingMessage[] = [];

  /** @internal */
  constructor(
    private readonly engine: Engine,
    readonly id: Uuid,
  ) {
    const watched = () => {
      let end: (() => void) | null = null;
      return (isWatched: boolean) => {
        end?.();
        end = isWatched ? engine.watch(id) : null;
      };
    };
    const state = new Store(() => this.#held?.state() ?? null);
    const messages = new Store(() => this.#list(), watched());
    const members = new Store(() => this.#held?.roster.list() ?? NO_MEMBERS, watched());
    this.state = state;
    this.messages = messages;
    this.members = members;
    this.#stores = [state, messages, members] as Store<unknown>[];
    this.typing = engine.typing.in(id);
  }

  /** Keeps its messages up to date, as a subscription does; returns what ends it. */
  open(): () => void {
    return this.engine.watch(this.id);
  }

  /** Sends a message: it is shown at once, and goes out as soon as that is possible. */
  send(draft: MessageDraft): PendingMessage {
    this.setTyping(false);
    return enqueue(this.engine, { conversationId: this.id, to: null }, draft);
  }

  /** Changes the text of a message of mine; with `ifVersion` only if nobody has changed it since. */
  async edit(messageId: Uuid, revision: string | MessageRevision): Promise<Message> {
    const change = typeof revision === 'string' ? { text: revision } : revision;
    return this.#change('edit the message', 'message.edit', { ...this.#target(messageId), ...change });
  }

  /** Deletes a message for everybody: one of mine or, as owner or admin, anybody's. */
  delete(messageId: Uuid): Promise<Message> {
    return this.#change('delete the message', 'message.delete', this.#target(messageId));
  }

  /** Deletes a message for me alone, on all my devices. */
  hide(messageId: Uuid): Promise<Message> {
    return this.#change('delete the message', 'message.delete', { ...this.#target(messageId), forMe: true });
  }

  /** Puts an emoji of mine on a message, or takes it off. */
  react(messageId: Uuid, emoji: string, on = true): Promise<Message> {
    return this.#change('react to the message', 'reaction.set', { ...this.#target(messageId), emoji, on });
  }

  /** Pins a message, or unpins it. */
  pin(messageId: Uuid, on = true): Promise<Message> {
    return this.#change(`${on ? '' : 'un'}pin the message`, 'pin.set', { ...this.#target(messageId), on });
  }

  /** Tells that messages up to there are on the screen, by default all of them. */
  markRead(seq?: number): void {
    const held = this.#held;
    if (held) this.engine.receipts.read(held, Math.min(seq ?? held.lastSeq, held.lastSeq));
  }

  /** I write, or have stopped; to be called with each change of the text. */
  setTyping(on: boolean): void {
    this.engine.typing.set(this.id, on);
  }

  /** Reads the page before what is held; whether there are older ones still. */
  async loadOlder(limit?: number): Promise<boolean> {
    const held = this.#held ?? missing('read older messages');
    if (!held.hasOlder) return false;
    const loading = loadOlder(this.engine.api, held, limit);
    this.changed();
    await loading.finally(() => this.engine.touched(this.id));
    return held.hasOlder;
  }

  /** Reads older messages until one is held, such as the original of a reply. */
  async loadUntil(seq: number): Promise<void> {
    const held = this.#held ?? missing('read older messages');
    while (held.timeline.floor >= seq && held.hasOlder) await this.loadOlder(200);
  }

  /** @internal */
  changed(): void {
    for (const store of this.#stores) store.changed();
  }

  get #held(): HeldConversation | null {
    return this.engine.replica.conversations.get(this.id) ?? null;
  }

  #list(): MessageList {
    const held = this.#held;
    const pending = this.engine.outbox.of(this.id);
    if (!sameItems(pending, this.#shownPending)) this.#shownPending = pending;
    return {
      messages: held?.messages ?? NO_MESSAGES,
      pending: this.#shownPending,
      hasOlder: held?.hasOlder ?? false,
      isLoadingOlder: held !== null && held.loadingOlder !== null,
      isLoaded: held?.isRead ?? false,
    };
  }

  async #change(
    act: string,
    event: 'message.edit' | 'message.delete' | 'reaction.set' | 'pin.set',
    data: { conversationId: Uuid; id: Uuid; [name: string]: unknown },
  ): Promise<Message> {
    const { replica } = this.engine;
    const { message } = await this.engine.api.ask(act, event, data, (reply) =>
      takeAnswer(replica, event, data, reply),
    );
    return message;
  }

  #target(id: Uuid): { conversationId: Uuid; id: Uuid } {
    return { conversationId: this.id, id };
  }
}

/** Puts a message on its way. */
export function enqueue(
  { outbox, newId, runtime }: Engine,
  where: Pick<PendingMessage, 'conversationId' | 'to'>,
  draft: MessageDraft,
): PendingMessage {
  const { id = newId(), ...input } = typeof draft === 'string' ? { text: draft } : draft;
  const createdAt = new Date(runtime.now()).toISOString();
  const pending: PendingMessage = { id, ...input, ...where, createdAt, status: 'pending', failure: null };
  outbox.add(pending);
  return pending;
}

function missing(act: string): never {
  throw failure('not_connected', act, 'the conversation is not known here yet');
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
