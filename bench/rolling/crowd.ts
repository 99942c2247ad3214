import { createSecureContext } from 'node:tls';
import { ParleyRest } from '@parley/client';
import type { Message } from '@parley/protocol';
import type { Client } from 'pg';
import { type Minted, openMint } from '../../tools/accounts/mint';
import { Gate, Pace, pause } from '../../tools/support/flow';
import { Talker } from './talker';
import { Tally } from './tally';

const TICK_MS = 10;
const POLL_MS = 50;
const PATIENCE_MS = 120_000;
/** Conversations that are made at once. */
const MADE_AT_ONCE = 8;
const CONNECTED_PER_SECOND = 250;

export interface CrowdOptions {
  /** Two people in each. */
  conversations: number;
  /** Where they connect, over TLS, and what vouches for it. */
  url: string;
  ca: string;
  /** One of the servers, where the conversations are made. */
  server: string;
  /** `DATABASE_URL` and `JWT_SECRET` of the servers. */
  settings: Record<string, string>;
  /** Of their usernames, which nobody else may have. */
  prefix: string;
}

/** What a crowd has lived through; all but the last three must be 0. */
export interface Verdict {
  lost: number;
  duplicated: number;
  reordered: number;
  /** Connections that ended without a close frame. */
  cut: number;
  problems: string[];
  sent: number;
  /** Closes of ready connections, by code. */
  closes: Record<string, number>;
  refusals: Record<string, number>;
}

/** People who write to one another in pairs while servers come and go. */
export class Crowd {
  readonly tally = new Tally();
  private readonly talkers: Talker[] = [];
  private conversationIds: string[] = [];
  private said = 0;
  private timer: NodeJS.Timeout | undefined;

  private constructor(private readonly options: CrowdOptions) {}

  /** Makes accounts and conversations; nobody is connected yet. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    const mint = await openMint({ settings: options.settings });
    const names = Array.from({ length: 2 * options.conversations }, (_, i) => `${options.prefix}-${i}`);
    const people = await mint
      .accounts(
        names.map((name) => ({ username: name, displayName: name })),
        { ttlSeconds: 86_400, password: 'correct horse battery' },
      )
      .finally(() => mint.close());
    await crowd.pair(people);
    return crowd;
  }

  /** Connects everybody; resolves when all are ready. */
  async connect(): Promise<void> {
    const pace = new Pace(CONNECTED_PER_SECOND);
    for (const talker of this.talkers) {
      await pace.turn();
      void talker.live();
    }
    await this.allConnected();
  }

  async allConnected(): Promise<void> {
    await until('all are connected', () => this.talkers.every(({ isConnected }) => isConnected));
  }

  /** From here on so many messages are sent a second, each by the next in turn. */
  talk(perSecond: number): void {
    const begun = performance.now();
    const saidBefore = this.said;
    this.timer = setInterval(() => {
      const due = saidBefore + ((performance.now() - begun) * perSecond) / 1_000;
      for (; this.said < due; this.said++) this.talkers[this.said % this.talkers.length]?.say();
    }, TICK_MS);
  }

  /** Nobody says anything any more; resolves when all that was said is acknowledged and everywhere. */
  async rest(): Promise<void> {
    clearInterval(this.timer);
    await until('all is answered', () => this.talkers.every(({ isAnswered }) => isAnswered));
    await this.allConnected();
    // Who lacks something then lacks it for good.
    await until('all is delivered', () => this.tally.delivery.count >= this.said).catch(() => undefined);
  }

  /** Holds what everybody has against what is stored. */
  async judge(database: Client): Promise<Verdict> {
    const stored = await storedIn(database, this.conversationIds);
    let [lost, duplicated] = [0, 0];
    for (const [i, talker] of this.talkers.entries()) {
      const truth = stored.get(this.conversationIds[i >> 1] ?? '') ?? [];
      if (i % 2 === 0) duplicated += truth.length - new Set(truth).size;
      for (const [id, seq] of talker.acked) if (truth[seq - 1] !== id) lost++;
      for (const [at, id] of truth.entries()) if (talker.timeline.messages[at] !== id) lost++;
    }
    const total = [...stored.values()].reduce((sum, ids) => sum + ids.length, 0);
    const { tally } = this;
    return {
      lost: lost + Math.max(0, this.said - total),
      duplicated: duplicated + tally.duplicated + Math.max(0, total - this.said),
      reordered: tally.reordered,
      cut: tally.closes.get(1006) ?? 0,
      problems: tally.problems,
      sent: this.said,
      closes: Object.fromEntries(tally.closes),
      refusals: Object.fromEntries(tally.refusals),
    };
  }

  end(): void {
    clearInterval(this.timer);
    for (const talker of this.talkers) talker.end();
  }

  private async pair(people: Minted[]): Promise<void> {
    const { conversations, server, url, ca } = this.options;
    const gate = new Gate(MADE_AT_ONCE);
    const made = Array.from({ length: conversations }, (_, i) => {
      const [one, other] = [people[2 * i], people[2 * i + 1]] as [Minted, Minted];
      const rest = new ParleyRest({ url: server, fetch, accessToken: one.accessToken });
      const input = { kind: 'direct', memberIds: [other.userId] };
      return gate.pass(async () => {
        const path = '/v1/conversations';
        const answer = await rest.call<{ conversation: { id: string } }>('POST', path, input);
        return answer.conversation.id;
      });
    });
    this.conversationIds = await Promise.all(made);
    const tls = { secureContext: createSecureContext({ ca }) };
    for (const [i, { accessToken, userId }] of people.entries()) {
      const conversationId = this.conversationIds[i >> 1] ?? '';
      const heard = (message: Message) => {
        // Its text is when its sender first tried.
        if (message.senderId !== userId) this.tally.delivered(performance.now() - Number(message.text));
      };
      this.talkers.push(new Talker({ url, accessToken, conversationId, tls, tally: this.tally, heard }));
    }
  }
}

/** Ids of messages in the order of their numbers, by conversation. */
async function storedIn(database: Client, conversationIds: string[]): Promise<Map<string, string[]>> {
  const { rows } = await database.query<{ conversation: string; ids: string[] }>(
    `SELECT conversation_id AS conversation, array_agg(id ORDER BY seq) AS ids FROM message
     WHERE conversation_id = ANY($1) GROUP BY conversation_id`,
    [conversationIds],
  );
  return new Map(rows.map(({ conversation, ids }) => [conversation, ids]));
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await pause(POLL_MS);
  }
}
