import type { PoolClient, QueryArrayConfig } from 'pg';
import { DomainError } from '../common/domain-error';
import { atOnce, isRefused, type Rows, type Statement } from '../database/at-once';
import { AS_TEXT, arrayOf, toColumns } from './append-columns';
import { APPENDS, BEGIN, LOCK, LOCK_FREE, SENDERS } from './append-sql';
import type { NewMessage, Numbered } from './new-message';
import { type Original, originalsOf, toQuotes } from './quotes';

/** What the append tells of a message that it has stored. */
type Row = [place: string, seq: string, version: string, createdAt: string];

/** Whether to wait for conversations that somebody else has locked, or to leave them out. */
export type Locking = 'wait' | 'skip';

/** The answer to a commit was lost: only the database knows whether it took place. */
export class UncertainCommitError extends Error {
  constructor(override readonly cause: unknown) {
    super('the answer to a commit was lost');
  }
}

/** Why what was let in is not allowed any more. */
export class Refusal {
  constructor(readonly reason: unknown) {}
}

/**
 * What became of a message: its numbers, or that it was `known` already; that its conversation was `passed` over,
 * locked by somebody else or not there; or why it was refused.
 */
export type Fate = Numbered | 'known' | 'passed' | Refusal;

/** Identifies a message among all: its id is the client's, unique within its conversation only. */
export function messageKey(message: { conversationId: string; id: string }): string {
  return message.conversationId + message.id;
}

/** Stores what is not there yet, in one transaction; one id may stand in the batch only once. */
export function appendMessages(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
  locking: Locking,
): Promise<Fate[]> {
  return (locking === 'skip' ? appendToFree : appendBehindLocks)(client, nodeId, messages);
}

/** All at once: nothing is waited for, so what is allowed now is allowed under the lock. */
async function appendToFree(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
): Promise<Fate[]> {
  const fates = await recheck(
    messages,
    messages.map(() => 'known'),
  );
  const accepted = acceptedOf(messages, fates);
  if (accepted.length === 0) return fates;
  const [, locked, ...answers] = await commit(client, [
    ...[BEGIN, lockStatement(LOCK_FREE, accepted)],
    ...insertion(nodeId, accepted),
  ]);
  const [[passed]] = locked as [[string]];
  const passedIds = new Set(passed.slice(1, -1).split(','));
  return settle(messages, fates, storedOf(accepted, answers), passedIds);
}

/** The locks may be long in coming: what is allowed is asked for when they are held. */
async function appendBehindLocks(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
): Promise<Fate[]> {
  let fates: Fate[];
  try {
    const [, locked = []] = await atOnce(client, [BEGIN, lockStatement(LOCK, messages)]);
    fates = await recheck(messages, await judge(client, messages, locked as [string, string | null][]));
  } catch (error) {
    // On a lost connection there is nothing to roll back; what counts is why it was lost.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  const accepted = acceptedOf(messages, fates);
  const answers = await commit(client, accepted.length > 0 ? insertion(nodeId, accepted) : []);
  return settle(messages, fates, storedOf(accepted, answers), new Set());
}

/** Sends the rest of a transaction with its commit. */
async function commit(client: PoolClient, statements: readonly Statement[]): Promise<Rows[]> {
  try {
    return await atOnce(client, [...statements, 'COMMIT']);
  } catch (error) {
    throw isRefused(error) ? error : new UncertainCommitError(error);
  }
}

function acceptedOf(messages: readonly NewMessage[], fates: readonly Fate[]): NewMessage[] {
  return messages.filter((_, at) => fates[at] === 'known');
}

function settle(
  messages: readonly NewMessage[],
  fates: readonly Fate[],
  stored: readonly (Numbered | undefined)[],
  passedIds: ReadonlySet<string>,
): Fate[] {
  let next = 0;
  return messages.map(({ conversationId }, at) => {
    const fate = fates[at] ?? 'known';
    if (fate !== 'known') return fate;
    return stored[next++] ?? (passedIds.has(conversationId) ? 'passed' : 'known');
  });
}

function lockStatement(
  statement: { name: string; text: string },
  messages: readonly NewMessage[],
): QueryArrayConfig {
  const versions = new Map<string, number>();
  for (const { conversationId, membersVersion } of messages) {
    const known = versions.get(conversationId);
    if (known === undefined || membersVersion < known) versions.set(conversationId, membersVersion);
  }
  const values = [arrayOf([...versions.keys()]), arrayOf([...versions.values()])];
  return { ...statement, values, rowMode: 'array' };
}

/** What the locks say of the messages; `known` stands for what may be stored. */
async function judge(
  client: PoolClient,
  messages: readonly NewMessage[],
  locked: readonly [id: string, membersVersion: string | null][],
): Promise<Fate[]> {
  if (locked.length === 0) return messages.map(() => 'known');
  const answers = new Map(locked);
  const doubtful = messages.filter((message) => {
    const version = answers.get(message.conversationId);
    return version != null && message.membersVersion < Number(version);
  });
  const gone = await withoutSender(client, doubtful);
  return messages.map((message) => {
    if (answers.get(message.conversationId) === null) return 'passed';
    return gone.has(message) ? new Refusal(new DomainError('conversation_not_found')) : 'known';
  });
}

/** Refuses what is not allowed any more. */
async function recheck(messages: readonly NewMessage[], fates: Fate[]): Promise<Fate[]> {
  for (const [at, message] of messages.entries()) {
    if (fates[at] !== 'known') continue;
    try {
      const answer = message.recheck();
      // Most often it is known without waiting.
      if (answer) await answer;
    } catch (error) {
      fates[at] = new Refusal(error);
    }
  }
  return fates;
}

/** Members change under the same lock, so almost always there is nobody to ask for. */
async function withoutSender(client: PoolClient, doubtful: NewMessage[]): Promise<Set<NewMessage>> {
  if (doubtful.length === 0) return new Set();
  const { rows } = await client.query<{ conversation_id: string; user_id: string }>({
    ...SENDERS,
    values: [doubtful.map((m) => m.conversationId), doubtful.map((m) => m.senderId)],
  });
  const members = new Set(rows.map((row) => row.conversation_id + row.user_id));
  return new Set(doubtful.filter((m) => !members.has(m.conversationId + m.senderId)));
}

/** The append, and the reading of what the messages reply to. */
function insertion(nodeId: string, messages: readonly NewMessage[]): Statement[] {
  const statement = APPENDS[messages.some(({ mentions }) => mentions.length > 0) ? 'mentioning' : 'plain'];
  const values = [...toColumns(messages), nodeId];
  const replies = messages.filter(({ replyTo }) => replyTo !== null);
  return [
    { ...statement, values, rowMode: 'array', types: AS_TEXT },
    // Under the lock: a deletion that came first shows, and a later one is told after the reply.
    ...(replies.length > 0 ? [originalsOf(replies)] : []),
  ];
}

/** By place, from the answers to an insertion; what is missing was not stored. */
function storedOf(messages: readonly NewMessage[], answers: readonly Rows[]): (Numbered | undefined)[] {
  const stored = new Array<Numbered | undefined>(messages.length);
  const [rows = [], originals = []] = answers as [Row[]?, Original[]?];
  // All of a transaction are of one moment.
  const createdAt = new Date(Number(rows[0]?.[3] ?? 0)).toISOString();
  for (const [place, seq, version] of rows) {
    stored[Number(place) - 1] = { seq: Number(seq), version: Number(version), createdAt, quote: null };
  }
  if (originals.length === 0) return stored;
  const quotes = toQuotes(messages, originals);
  for (const [at, numbered] of stored.entries()) if (numbered) numbered.quote = quotes[at] ?? null;
  return stored;
}
