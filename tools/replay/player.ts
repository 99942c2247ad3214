import { ParleyError } from '@parley/client';
import type { ConversationCreated, History, Message } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { isPassing } from '../accounts/register';
import { type Pace, pause } from '../support/flow';
import type { Judged, Ledger } from './ledger';
import type { People } from './people';
import type { PlannedConversation, Step } from './plan';

/** The account that makes every group and adds its members. */
export const ORGANISER = '(organiser)';

const ATTEMPTS = 10;
const PAGE = 200;
const SETTLE_STEP_MS = 50;
/** For so long nothing new may arrive before what is missing counts as lost. */
const SETTLE_PATIENCE_MS = 5_000;

/** Plays conversations through their people's sockets. */
export class Player {
  /** Messages that the server would not take, with its reason. */
  readonly refused: string[] = [];

  constructor(
    private readonly people: People,
    private readonly ledger: Ledger,
    private readonly pace: Pace,
    private readonly signal: AbortSignal,
  ) {}

  /** From connecting its people to having read its history; null when the server refused its first message. */
  async play(plan: PlannedConversation): Promise<Judged | null> {
    const names = plan.kind === 'group' ? [ORGANISER, ...plan.people] : plan.people;
    await this.people.enter(names);
    const conversationId = plan.kind === 'group' ? await this.playGroup(plan) : await this.playDirect(plan);
    const played = conversationId === null ? null : await this.check(plan.kind, conversationId, names);
    await this.people.leave(names);
    return played;
  }

  /** Reads what the database has, and waits until everybody has it too. */
  private async check(
    kind: Judged['kind'],
    conversationId: string,
    names: readonly string[],
  ): Promise<Judged> {
    const played = {
      kind,
      conversationId,
      memberIds: names.map((name) => this.people.idOf(name)),
      history: await this.readHistory(names[0] ?? ORGANISER, conversationId),
    };
    await this.settle(played);
    return played;
  }

  private async playGroup({ title, steps }: PlannedConversation): Promise<string> {
    const id = uuidv7();
    await this.call<ConversationCreated>(ORGANISER, 'POST', '/v1/conversations', {
      ...{ id, kind: 'group', title, memberIds: [] },
    });
    const lastOf = new Map<string, Promise<unknown>>();
    for (const step of steps) {
      this.signal.throwIfAborted();
      if (step.do === 'say') {
        await lastOf.get(step.person);
        await this.pace.turn();
        const saying = this.say(step, { conversationId: id });
        saying.catch(() => undefined); // it is awaited later, when another one may have failed first
        lastOf.set(step.person, saying);
      } else {
        // Who was in when a line was written must be in when it is stored.
        await Promise.all(lastOf.values());
        await this.changeMembers(id, step);
      }
    }
    await Promise.all(lastOf.values());
    return id;
  }

  private async playDirect({ people, steps }: PlannedConversation): Promise<string | null> {
    let conversationId: string | null = null;
    for (const step of steps) {
      this.signal.throwIfAborted();
      if (step.do !== 'say') continue;
      const other = people.find((name) => name !== step.person) ?? step.person;
      await this.pace.turn();
      const message = await this.say(step, { to: this.people.idOf(other) });
      conversationId ??= message?.conversationId ?? null;
    }
    return conversationId;
  }

  private async changeMembers(conversationId: string, step: Exclude<Step, { do: 'say' }>): Promise<void> {
    const path = `/v1/conversations/${conversationId}/members`;
    if (step.do === 'add') {
      const userIds = step.people.map((name) => this.people.idOf(name));
      await this.call(ORGANISER, 'POST', path, { userIds });
    } else {
      await this.call(step.person, 'DELETE', `${path}/${this.people.idOf(step.person)}`);
    }
  }

  /** Sends a line until it is stored or refused for good; never rejects but for a lost connection or a stop. */
  private async say(
    { person, text, mentions }: Extract<Step, { do: 'say' }>,
    place: { conversationId: string } | { to: string },
  ): Promise<Message | null> {
    const mentionIds = mentions.map((name) => this.people.idOf(name));
    const input = { id: uuidv7(), text, ...place, ...(mentionIds.length > 0 && { mentions: mentionIds }) };
    const socket = await this.people.socketOf(person);
    this.ledger.send(input.id, this.people.idOf(person), text, mentionIds);
    try {
      const { message } = await this.insist(() => socket.request('message.send', input));
      return message;
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code === 'connection_lost') throw error;
      this.refused.push(`${person}: ${text.slice(0, 60)} (${error.code}: ${error.message})`);
      return null;
    }
  }

  private call<Reply>(name: string, method: string, path: string, body?: unknown): Promise<Reply> {
    return this.insist(() => this.people.restOf(name).call<Reply>(method, path, body));
  }

  /** Makes a request again when the server says that this may help. */
  private async insist<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        if (!isPassing(error) || attempt === ATTEMPTS) throw error;
        const { retryAfterMs } = error.details ?? {};
        await pause(typeof retryAfterMs === 'number' ? retryAfterMs : 50 * 2 ** attempt);
        this.signal.throwIfAborted();
      }
    }
  }

  private async readHistory(name: string, conversationId: string): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      this.signal.throwIfAborted();
      const after = messages.at(-1)?.seq ?? 0;
      const path = `/v1/conversations/${conversationId}/messages?after=${after}&limit=${PAGE}`;
      const page = await this.call<History>(name, 'GET', path);
      messages.push(...page.messages);
      if (!page.more || page.messages.length === 0) return messages;
    }
  }

  /** Waits until everybody has received everything, or nothing new comes. */
  private async settle(played: Judged): Promise<void> {
    let missing = Infinity;
    let progressAt = performance.now();
    for (;;) {
      const { lost } = this.ledger.judge(played);
      if (lost === 0) return;
      if (lost < missing) progressAt = performance.now();
      if (performance.now() - progressAt > SETTLE_PATIENCE_MS) return;
      missing = lost;
      await pause(SETTLE_STEP_MS);
      this.signal.throwIfAborted();
    }
  }
}
