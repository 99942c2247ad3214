import type { Quote } from '@parley/protocol';
import type { PoolClient } from 'pg';
import type { Commit } from '../common/commit';
import { CURRENT_XID } from './current-xid';
import { readQuotes } from './quotes';

const UUID_LENGTH = 36;

/** A message on its way into a conversation. */
export interface NewMessage {
  id: string;
  conversationId: string;
  senderId: string;
  kind: string;
  text: string;
  metadata: Record<string, unknown> | null;
  mentions: string[];
  mentionsAll: boolean;
  replyTo: string | null;
  /** What a retry with this id is held against. */
  requestHash: Buffer;
  /** The version of the members whom its sender was found among: of a later one they are asked for again. */
  membersVersion: number;
}

export interface Numbered {
  seq: number;
  version: number;
  createdAt: Date;
  /** Of a reply: the original as the transaction saw it, which nobody could change before the commit. */
  quote: Quote | null;
}

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
// two batches from waiting for each other.
const LOCK = `
  SELECT id, members_version FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
const LOCKS = {
  wait: { name: 'timeline-lock', text: LOCK },
  skip: { name: 'timeline-lock-free', text: `${LOCK} SKIP LOCKED` },
};

interface Locked {
  id: string;
  members_version: string;
}

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

export interface AppendOutcome {
  /** By messageKey; what is missing was there already. */
  stored: Map<string, Numbered>;
  /** Conversations that were locked by somebody else, or are not there: nothing was looked at in them. */
  passedOver: Set<string>;
  /** By messageKey, those whose sender has gone since they were let in. */
  refused: Set<string>;
}

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
  )${mentioned}
  INSERT INTO message
    (conversation_id, id, request_hash, seq, version, sender_id, kind, text, metadata, mentions, mentions_all, reply_to)
  SELECT fresh.conversation_id, fresh.id, fresh.request_hash, bumped.base_seq + fresh.n, bumped.base_version + fresh.n,
    fresh.sender_id, fresh.kind, fresh.text, fresh.metadata::jsonb, fresh.mentions::uuid[],
    fresh.mentions_all, fresh.reply_to
  FROM fresh JOIN bumped ON bumped.id = fresh.conversation_id
  RETURNING conversation_id, id, seq, version, created_at`;

const MENTIONED = `, mentioned AS (
    INSERT INTO mention (user_id, conversation_id, seq)
    SELECT unnest(fresh.mentions::uuid[]), fresh.conversation_id, bumped.base_seq + fresh.n
    FROM fresh JOIN bumped ON bumped.id = fresh.conversation_id WHERE fresh.mentions IS NOT NULL
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
): Promise<AppendOutcome> {
  await client.query(BEGIN);
  let outcome: AppendOutcome;
  try {
    const passedOver = new Set(messages.map((message) => message.conversationId));
    const { rows: locked } = await client.query<Locked>({ ...LOCKS[locking], values: [[...passedOver]] });
    for (const { id } of locked) passedOver.delete(id);
    const free = messages.filter((message) => !passedOver.has(message.conversationId));
    const refused = await withoutSender(client, free, locked);
    const accepted = free.filter((message) => !refused.has(messageKey(message)));
    const stored = accepted.length > 0 ? await insert(client, nodeId, accepted) : new Map<string, Numbered>();
    outcome = { passedOver, refused, stored };
  } catch (error) {
    // On a lost connection there is nothing to roll back; what counts is why it was lost.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  try {
    await client.query('COMMIT');
  } catch (error) {
    throw new UncertainCommitError(error, commitsOf(outcome.stored));
  }
  return outcome;
}

/** Members change under the same lock, so almost always there is nobody to ask for. */
async function withoutSender(
  client: PoolClient,
  messages: readonly NewMessage[],
  locked: readonly Locked[],
): Promise<Set<string>> {
  const versions = new Map(locked.map((row) => [row.id, Number(row.members_version)]));
  const doubtful = messages.filter((m) => m.membersVersion < (versions.get(m.conversationId) ?? 0));
  if (doubtful.length === 0) return new Set();
  const { rows } = await client.query<{ conversation_id: string; user_id: string }>({
    ...SENDERS,
    values: [doubtful.map((m) => m.conversationId), doubtful.map((m) => m.senderId)],
  });
  const members = new Set(rows.map((row) => row.conversation_id + row.user_id));
  return new Set(doubtful.filter((m) => !members.has(m.conversationId + m.senderId)).map(messageKey));
}

async function insert(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
): Promise<Map<string, Numbered>> {
  const { rows } = await client.query<[string, string, string, string, Date]>({
    ...APPENDS[messages.some(({ mentions }) => mentions.length > 0) ? 'mentioning' : 'plain'],
    values: [...toColumns(messages), nodeId],
    rowMode: 'array',
  });
  const stored = new Map<string, Numbered>(
    rows.map(([conversationId, id, seq, version, createdAt]) => [
      messageKey({ conversationId, id }),
      { seq: Number(seq), version: Number(version), createdAt, quote: null },
    ]),
  );
  await addOriginals(client, messages, stored);
  return stored;
}

/** Under the lock: a deletion that came first shows, and a later one is told after the reply. */
async function addOriginals(
  client: PoolClient,
  messages: readonly NewMessage[],
  stored: ReadonlyMap<string, Numbered>,
): Promise<void> {
  const replies = messages.filter((message) => message.replyTo !== null && stored.has(messageKey(message)));
  if (replies.length === 0) return;
  const query = async (sql: string, values: unknown[]) => (await client.query(sql, values)).rows as unknown;
  const quotes = await readQuotes(query, replies);
  for (const [index, reply] of replies.entries()) {
    const numbered = stored.get(messageKey(reply));
    if (numbered) numbered.quote = quotes[index] ?? null;
  }
}

/** By conversation, from before its first new message to its last. */
function commitsOf(stored: ReadonlyMap<string, Numbered>): Commit[] {
  const commits = new Map<string, Commit>();
  for (const [key, { seq, version }] of stored) {
    const conversationId = key.slice(0, UUID_LENGTH);
    const known = commits.get(conversationId);
    const base = { version: version - 1, seq: seq - 1 };
    commits.set(conversationId, {
      conversationId,
      base: known && known.base.version < base.version ? known.base : base,
      version: Math.max(version, known?.version ?? 0),
    });
  }
  return [...commits.values()];
}

function toColumns(messages: readonly NewMessage[]): unknown[] {
  return [
    messages.map((m) => m.conversationId),
    messages.map((m) => m.id),
    messages.map((m) => m.senderId),
    messages.map((m) => m.kind),
    messages.map((m) => m.text),
    messages.map((m) => (m.metadata ? JSON.stringify(m.metadata) : null)),
    messages.map((m) => (m.mentions.length > 0 ? `{${m.mentions.join(',')}}` : null)),
    messages.map((m) => m.requestHash),
    messages.map((m) => m.mentionsAll),
    messages.map((m) => m.replyTo),
  ];
}
