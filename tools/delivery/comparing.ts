import type { ClientConfig } from 'pg';
import { pause } from '../support/flow';
import type { Cast } from './cast';
import { differences } from './compare';
import type { ConversationView } from './conversation-view';
import { readDatabase } from './database-reader';
import type { Findings } from './findings';
import type { Device } from './device';
import { type Truth, truthOf, viewOf } from './truth';

const FRESH_WITHIN_MS = 60_000;
const TOGETHER = 8;

type Views = ReadonlyMap<string, ConversationView>;

/** Holds every client against a fresh one, and those against the database; what is true is returned. */
export async function compareClients(
  cast: Cast,
  database: ClientConfig | null,
  findings: Findings,
): Promise<Truth> {
  const held = new Map(cast.clients.map((client) => [client, viewsOf(client)]));
  const fresh = await readFresh(cast, findings);
  const truth = database
    ? await readDatabase(database, cast.userIds, findings)
    : truthOf([...fresh.values()].flatMap((views) => [...views.values()]));
  for (const [client, seen] of held) {
    const right = fresh.get(client.userId) ?? new Map<string, ConversationView>();
    const traced = new Set<string>();
    for (const { kind, conversationId, sentence } of differences({
      seen,
      seenBy: client.name,
      right,
      rightBy: 'fresh',
    })) {
      // Once is enough to see how it came about.
      const context = traced.has(conversationId) ? [] : client.trace.of(conversationId);
      traced.add(conversationId);
      findings.add(kind, `${conversationId}: ${sentence}`, { device: client.name, context });
    }
  }
  if (!database) return truth;
  for (const [userId, seen] of fresh) {
    const right = new Map<string, ConversationView>();
    for (const conversation of truth.values()) {
      const view = viewOf(userId, conversation);
      if (view) right.set(view.id, view);
    }
    const seenBy = `fresh client of ${userId}`;
    for (const { kind, conversationId, sentence } of differences({
      seen,
      seenBy,
      right,
      rightBy: 'database',
    })) {
      findings.add(kind, `${conversationId}: ${sentence}`);
    }
  }
  return truth;
}

/** What clients see that start from nothing, by user. */
async function readFresh(cast: Cast, findings: Findings): Promise<Map<string, Views>> {
  const waiting = cast.fresh();
  const views = new Map<string, Views>();
  const next = async () => {
    for (let client = waiting.pop(); client; client = waiting.pop()) {
      client.start();
      const until = performance.now() + FRESH_WITHIN_MS;
      while (!client.isSettled && performance.now() < until) await pause(10);
      if (!client.isSettled) findings.add('unexplained', `${client.name} could not catch up`);
      views.set(client.userId, viewsOf(client));
      await client.stop();
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, next));
  return views;
}

function viewsOf({ replica }: Device): Views {
  return new Map([...replica.conversations].map(([id, held]) => [id, held.view()]));
}
