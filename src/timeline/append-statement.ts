import type { PoolClient } from 'pg';
import type { Commit } from '../common/commit';
import { DomainError } from '../common/domain-error';
import { CURRENT_XID } from './current-xid';
import { AS_TEXT, arrayOf, toColumns } from './append-columns';
import type { NewMessage, Numbered } from './new-message';
import { readQuotes } from './quotes';

// The statements below are prepared, and planned once: planning costs more than carrying them out for one
// message. So one plan has to fit a table of any size and a batch of any size. Each statement has an index to go
// by; no table is read from end to end, what is asked for in the order of an index is not read by another one and
// sorted, and two lists of a batch are joined by hashing, not by comparing each row with each.
const BEGIN = [
  'BEGIN',
  'SET LOCAL plan_cache_mode = force_generic_plan',
  ...['seqscan', 'sort', 'nestloop'].map((way) => `SET LOCAL enable_${way} = off`),
].join('; ');

// Every writer locks a conversation before it looks for duplicates or takes a seq. The order of ids keeps
// two batches from waiting for each other. Answered are only those that it could not lock, or whose members
// have changed since: almost always none.
const lock = (skip: string) => `
  WITH locked AS MATERIALIZED (
    SELECT id, members_version FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE ${skip}
  )
  SELECT wanted.id, locked.members_version
  FROM unnest($1::uuid[], $2::bigint[]) AS wanted(id, members_version) LEFT JOIN locked ON locked.id = wanted.id
  WHERE locked.id IS NULL OR locked.members_version > wanted.members_version`;
const LOCKS = {
  wait: { name: 'timeline-lock', text: lock('') },
  skip: { name: 'timeline-lock-free', text: lock('SKIP LOCKED') },
};

/** Whether to wait for conversations that somebody else has locked, or to leave them out. */
export type Locking = keyof typeof LOCKS;

/** The connection was lost at the commit: only the database knows whether it took place. */
export class UncertainCommitError extends Error {
  constructor(
    override readonly cause: unknown,
    /** What it took from where, if it took place. */
    readonly commits: readonly Commit[],
  ) {
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

// A statement of its own: under READ COMMITTED its snapshot is taken after the locks, so it sees what
// another node stored while this one waited. Looking and inserting in the locking statement would not.
//
// The look for a duplicate is written as a range in the order of the primary key. As an equation it could be
// answered by message_seq as well, by reading all of a conversation that the planner takes for small; as
// NOT EXISTS it could become a join with all messages there are. For the same reason the conversations are
// named to the UPDATE twice.
const append = (mentioned: string) => `
  WITH input AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
        $9::boolean[], $10::uuid[])
      WITH ORDINALITY AS t(conversation_id, id, sender_id, kind, text, metadata, mentions, request_hash,
        mentions_all, reply_to, place)
  ), fresh AS (
    SELECT input.*, row_number() OVER (PARTITION BY input.conversation_id ORDER BY input.place) AS n
    FROM input
    WHERE (
      SELECT m.id FROM message m WHERE m.conversation_id = input.conversation_id AND m.id BETWEEN input.id AND input.id
      ORDER BY m.id LIMIT 1) IS NULL
  ), counted AS (
    SELECT conversation_id, count(*) AS added FROM fresh GROUP BY conversation_id
  ), bumped AS (
    UPDATE conversation c
    SET last_seq = c.last_seq + counted.added, version = c.version + counted.added, active_at = now(),
      changed_xid = ${CURRENT_XID}
    FROM counted WHERE c.id = counted.conversation_id AND c.id = ANY($1::uuid[])
    RETURNING c.id, c.version, c.last_seq - counted.added AS base_seq, c.version - counted.added AS base_version
  ), fed AS (
    INSERT INTO commit_feed (node, conversation_ids, base_versions, base_seqs, versions)
    SELECT $11::uuid, array_agg(id), array_agg(base_version), array_agg(base_seq), array_agg(version)
    FROM bumped HAVING count(*) > 0
  ), numbered AS (
    SELECT fresh.*, bumped.base_seq + fresh.n AS seq, bumped.base_version + fresh.n AS version
    FROM fresh JOIN bumped ON bumped.id = fresh.conversation_id
  ), stored AS (
    INSERT INTO message
      (conversation_id, id, request_hash, seq, version, sender_id, kind, text, metadata, mentions, mentions_all, reply_to)
    SELECT conversation_id, id, request_hash, seq, version, sender_id, kind, text, metadata::jsonb, mentions::uuid[],
      mentions_all, reply_to
    FROM numbered
  )${mentioned}
  SELECT place, seq, version, round(1000 * extract(epoch FROM now())) FROM numbered`;

const MENTIONED = `, mentioned AS (
    INSERT INTO mention (user_id, conversation_id, seq)
    SELECT unnest(mentions::uuid[]), conversation_id, seq FROM numbered WHERE mentions IS NOT NULL
  )`;

// Most batches mention nobody, and pay nothing for those that do.
const APPENDS = {
  plain: { name: 'timeline-append', text: append('') },
  mentioning: { name: 'timeline-append-mentioning', text: append(MENTIONED) },
};

const SENDERS = {
  name: 'timeline-senders',
  text: `
  SELECT m.conversation_id, m.user_id FROM unnest($1::uuid[], $2::uuid[]) AS sender(conversation_id, user_id)
  JOIN member m ON m.conversation_id = sender.conversation_id AND m.user_id = sender.user_id
  WHERE m.left_at IS NULL`,
};

/** Identifies a message among all: its id is the client's, unique within its conversation only. */
export function messageKey(message: { conversationId: string; id: string }): string {
  return message.conversationId + message.id;
}

/** Stores what is not there yet, in one transaction; one id may stand in the batch only once. */
export async function appendMessages(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
  locking: Locking,
): Promise<Fate[]> {
  let fates: Fate[];
  try {
    // Sent together: a wait costs more than beginning does.
    const [, locked] = await Promise.all([client.query(BEGIN), lockAll(client, messages, locking)]);
    fates = await recheck(messages, locked);
    const accepted = messages.filter((_, at) => fates[at] === 'known');
    if (accepted.length > 0) {
      const stored = await insert(client, nodeId, accepted);
      let next = 0;
      fates = fates.map((fate) => (fate === 'known' ? (stored[next++] ?? fate) : fate));
    }
  } catch (error) {
    // On a lost connection there is nothing to roll back; what counts is why it was lost.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  try {
    await client.query('COMMIT');
  } catch (error) {
    throw new UncertainCommitError(error, commitsOf(messages, fates));
  }
  return fates;
}

/** Locks the conversations; `known` stands for what may be stored. */
async function lockAll(
  client: PoolClient,
  messages: readonly NewMessage[],
  locking: Locking,
): Promise<Fate[]> {
  const versions = new Map<string, number>();
  for (const { conversationId, membersVersion } of messages) {
    const known = versions.get(conversationId);
    if (known === undefined || membersVersion < known) versions.set(conversationId, membersVersion);
  }
  const { rows } = await client.query<[string, string | null]>({
    ...LOCKS[locking],
    values: [arrayOf([...versions.keys()]), arrayOf([...versions.values()])],
    rowMode: 'array',
  });
  if (rows.length === 0) return messages.map(() => 'known');
  const answers = new Map(rows);
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

/** By place; what is missing was there already. */
async function insert(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
): Promise<(Numbered | undefined)[]> {
  const { rows } = await client.query<[place: string, seq: string, version: string, createdAt: string]>({
    ...APPENDS[messages.some(({ mentions }) => mentions.length > 0) ? 'mentioning' : 'plain'],
    values: [...toColumns(messages), nodeId],
    rowMode: 'array',
    types: AS_TEXT,
  });
  const stored = new Array<Numbered | undefined>(messages.length);
  // All of a transaction are of one moment.
  const createdAt = new Date(Number(rows[0]?.[3] ?? 0)).toISOString();
  for (const [place, seq, version] of rows) {
    stored[Number(place) - 1] = { seq: Number(seq), version: Number(version), createdAt, quote: null };
  }
  await addOriginals(client, messages, stored);
  return stored;
}

/** Under the lock: a deletion that came first shows, and a later one is told after the reply. */
async function addOriginals(
  client: PoolClient,
  messages: readonly NewMessage[],
  stored: readonly (Numbered | undefined)[],
): Promise<void> {
  const places = messages.flatMap((message, at) => (message.replyTo !== null && stored[at] ? [at] : []));
  if (places.length === 0) return;
  const query = async (sql: string, values: unknown[]) => (await client.query(sql, values)).rows as unknown;
  const quotes = await readQuotes(
    query,
    places.flatMap((at) => messages[at] ?? []),
  );
  for (const [index, at] of places.entries()) {
    const numbered = stored[at];
    if (numbered) numbered.quote = quotes[index] ?? null;
  }
}

/** By conversation, from before its first new message to its last. */
function commitsOf(messages: readonly NewMessage[], fates: readonly Fate[]): Commit[] {
  const commits = new Map<string, Commit>();
  for (const [at, { conversationId }] of messages.entries()) {
    const fate = fates[at];
    if (typeof fate !== 'object' || fate instanceof Refusal) continue;
    const known = commits.get(conversationId);
    const base = { version: fate.version - 1, seq: fate.seq - 1 };
    commits.set(conversationId, {
      conversationId,
      base: known && known.base.version < base.version ? known.base : base,
      version: Math.max(fate.version, known?.version ?? 0),
    });
  }
  return [...commits.values()];
}
