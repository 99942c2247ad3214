import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BrowserWebSocketConstructor,
  type ClientStorage,
  keepIn,
  type ConversationHandle,
  type ConversationState,
  longPolling,
  ParleyClient,
  ParleyError,
  type ParleyRest,
  type ParleySocket,
  type ServerFrame,
} from '@parley/client';
import { type ClientEvent, closeAdvice, type MessageSend } from '@parley/protocol';
import { WebSocket } from 'ws';
import { renew } from '../accounts/register';
import type { Device, Held } from './device';
import type { Surroundings } from './model-client';
import { patientFetch } from './patient-fetch';
import { Trace } from './trace';

/** The share of conversations that somebody looks at from the beginning. */
const LOOKED_AT = 0.7;
const OLDER = 20;

type Request = { [name: string]: unknown } & { conversationId: string; id: string };

/** A device on the client package: what it does goes the way that an app's would. */
export class ParleyDevice implements Device {
  readonly trace = new Trace();
  heardAt = performance.now();
  private entries = new Map<string, unknown>();
  private client: ParleyClient;
  private readonly looks = new Map<string, () => void>();
  private readonly sockets = new Set<WebSocket>();

  constructor(private readonly around: Surroundings) {
    this.client = this.make();
  }

  get name(): string {
    return this.around.name;
  }

  get userId(): string {
    return this.around.account.userId;
  }

  get rest(): ParleyRest {
    return this.around.rest.as(this.around.account.accessToken);
  }

  get isSettled(): boolean {
    const { status, isCaughtUp } = this.client.connection.getSnapshot();
    const isSending = this.client.outbox.getSnapshot().some((pending) => pending.status === 'pending');
    return status === 'online' && isCaughtUp && !isSending;
  }

  get replica(): { readonly conversations: ReadonlyMap<string, Held> } {
    const states = this.client.conversations.getSnapshot();
    return { conversations: new Map(states.map((state) => [state.id, this.held(state)])) };
  }

  start(): void {
    void this.client.start();
  }

  async stop(): Promise<void> {
    this.cutOff();
    await this.client.stop();
  }

  async socket(): Promise<Pick<ParleySocket, 'request'>> {
    const request = (event: ClientEvent, data: unknown) => this.ask(event, data as Request);
    return { request: request as ParleySocket['request'] };
  }

  stored(): string {
    return JSON.stringify([...this.entries]);
  }

  restart(stored: string | null): void {
    const before = this.client;
    this.cutOff();
    for (const pending of before.outbox.getSnapshot()) before.discard(pending.id);
    void before.stop();
    this.entries = new Map(stored === null ? [] : (JSON.parse(stored) as [string, unknown][]));
    this.client = this.make();
    this.start();
  }

  async scroll(): Promise<void> {
    const state = this.around.random.pick(this.client.conversations.getSnapshot());
    const handle = state && this.client.conversation(state.id);
    if (!handle?.messages.getSnapshot().isLoaded) return;
    await handle.loadOlder(OLDER).catch((error: unknown) => this.passing(error));
  }

  async readAll(): Promise<void> {
    for (const { id } of this.client.conversations.getSnapshot()) this.look(id);
    while (!this.isSettled) await sleep(10);
    for (const { id } of this.client.conversations.getSnapshot()) {
      const handle = this.client.conversation(id);
      while (handle.messages.getSnapshot().hasOlder) await handle.loadOlder(200);
    }
  }

  private make(): ParleyClient {
    const { account, random, url } = this.around;
    const client = new ParleyClient({
      ...{ url, userId: account.userId, fetch: patientFetch, fallback: longPolling },
      storage: keepIn(this.storage(this.entries)),
      WebSocket: this.tapped(),
      getToken: async ({ renew: isOld }) => {
        if (isOld) await renew(account, this.around.rest);
        return account.accessToken;
      },
    });
    client.on('joined', ({ conversationId }) => {
      if (client === this.client && random.chance(LOOKED_AT)) this.look(conversationId);
    });
    client.on('problem', ({ error }) => {
      if (!error.retryable) this.around.complain(`the client had a problem: ${error.message}`);
    });
    client.on('stopped', ({ error }) => this.around.complain(`the client stopped: ${error.message}`));
    return client;
  }

  /** Does with the client what the request asks for. */
  private async ask(event: ClientEvent, data: Request): Promise<unknown> {
    const { client } = this;
    try {
      return await this.attempt(client, event, data);
    } catch (error) {
      if (client === this.client) throw error;
      // The app was ended with what it had under way: the same is asked again.
      throw new ParleyError({ code: 'connection_lost', message: 'the app was ended', retryable: true });
    }
  }

  private async attempt(client: ParleyClient, event: ClientEvent, data: Request): Promise<unknown> {
    const { conversationId, id, ...rest } = data;
    const handle = client.conversation(conversationId);
    switch (event) {
      case 'message.send':
        return { message: await this.send(client, data as never), duplicate: false };
      case 'message.edit':
        return { message: await handle.edit(id, rest as never) };
      case 'message.delete':
        return { message: await (rest.forMe ? handle.hide(id) : handle.delete(id)) };
      case 'reaction.set':
        return { message: await handle.react(id, rest.emoji as string, rest.on as boolean) };
      case 'pin.set':
        return { message: await handle.pin(id, rest.on as boolean) };
      case 'receipt.read':
        // Told some time later: nobody is told when.
        return handle.markRead(rest.seq as number);
      case 'receipt.delivered':
        return null;
      default:
        throw new Error(`nobody asks ${event} of a client`);
    }
  }

  private async send(client: ParleyClient, { conversationId, to, ...draft }: MessageSend): Promise<unknown> {
    const handle = conversationId === undefined ? null : client.conversation(conversationId);
    const pending = handle ? handle.send(draft) : client.send(to as string, draft);
    try {
      return await client.whenSent(pending);
    } catch (error) {
      client.discard(pending.id);
      throw error;
    }
  }

  private look(id: string): void {
    this.looks.get(id)?.();
    this.looks.set(id, this.client.conversation(id).open());
  }

  private held(state: ConversationState): Held {
    const handle = this.client.conversation(state.id);
    const members = handle.members.getSnapshot();
    const { messages } = handle.messages.getSnapshot();
    return {
      ...{ id: state.id, kind: state.kind, lastSeq: state.lastSeq },
      memberIds: members.map(({ userId }) => userId),
      own: members.find(({ userId }) => userId === this.userId),
      shown: messages,
      hide: () => undefined,
      view: () => viewOf(state, handle),
    };
  }

  /** An app that is ended hears nothing any more, and says nothing more. */
  private cutOff(): void {
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
    this.looks.clear();
  }

  private passing(error: unknown): void {
    if (!(error instanceof ParleyError)) throw error;
  }

  private storage(entries: Map<string, unknown>): ClientStorage {
    return {
      read: async () => [...entries],
      write: async (changes) => {
        for (const [key, value] of changes) {
          if (value === undefined) entries.delete(key);
          else entries.set(key, JSON.parse(JSON.stringify(value)));
        }
      },
      clear: async () => entries.clear(),
    };
  }

  /** A WebSocket whose frames are held against the order that is promised. */
  private tapped(): BrowserWebSocketConstructor {
    const { around, sockets, trace } = this;
    const heard = () => (this.heardAt = performance.now());
    return class extends WebSocket {
      /** The client has had enough of it. */
      override terminate(): void {
        sockets.delete(this);
        super.terminate();
      }

      constructor(url: string, protocols: string[]) {
        super(url, protocols, { perMessageDeflate: false });
        const log = around.opened();
        let isOpen = false;
        sockets.add(this);
        this.on('message', (bytes: Buffer) => {
          isOpen = true;
          const frame = JSON.parse(bytes.toString()) as ServerFrame;
          heard();
          log.frame(frame);
          trace.frame(frame);
        });
        this.on('close', (code: number, reason: Buffer) => {
          if (sockets.delete(this) && isOpen) {
            around.closed({ code, reason: reason.toString(), advice: closeAdvice(code) });
          }
        });
      }
    };
  }
}

function viewOf(state: ConversationState, handle: ConversationHandle): ReturnType<Held['view']> {
  const { id, kind, title, historyVisible, memberCount, lastSeq, joinedSeq, unread, unreadMentions } = state;
  return {
    ...{ id, kind, title, historyVisible, memberCount, lastSeq, joinedSeq, unread, unreadMentions },
    members: new Map(handle.members.getSnapshot().map((member) => [member.userId, member])),
    messages: new Map(handle.messages.getSnapshot().messages.map((message) => [message.id, message])),
  };
}
