import type { PoolClient } from 'pg';

/** A message on its way into a conversation. */
export interface NewMessage {
  id: string;
  conversationId: string;
  senderId: string;
  kind: string;
  text: string;
  metadata: Record<string, unknown> | null;
  mentions: string[];
  /** What a retry with this id is held against. */
  requestHash: Buffer;
}

export interface Numbered {
  seq: number;
  version: number;
  createdAt: Date;
}

// Every writer locks a conversation before it looks for duplicates or takes a seq. The order of ids keeps
// two batches from waiting for each other.
const LOCK = `
  SELECT id FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;

// A statement of its own: under READ COMMITTED its snapshot is taken after the locks, so it sees what
// another node stored while this one waited. Looking and inserting in the locking statement would not.
const APPEND = `
  WITH input AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
      WITH ORDINALITY AS t(conversation_id, id, sender_id, kind, text, metadata, mentions, request_hash, place)
  ), fresh AS (
    SELECT input.*, row_number() OVER (PARTITION BY input.conversation_id ORDER BY input.place) AS n
    FROM input
    WHERE NOT EXISTS (
      SELECT 1 FROM message m WHERE m.conversation_id = input.conversation_id AND m.id = input.id)
  ), counted AS (
    SELECT conversation_id, count(*) AS added FROM fresh GROUP BY conversation_id
  ), bumped AS (
    UPDATE conversation c
    SET last_seq = c.last_seq + counted.added, version = c.version + counted.added, changed_at = now()
    FROM counted WHERE c.id = counted.conversation_id
    RETURNING c.id, c.version, c.last_seq - counted.added AS base_seq, c.version - counted.added AS base_version
  ), fed AS (
    INSERT INTO commit_feed (node, conversation_ids, versions)
    SELECT $9::uuid, array_agg(id), array_agg(version) FROM bumped HAVING count(*) > 0
  )
  INSERT INTO message
    (conversation_id, id, request_hash, seq, version, sender_id, kind, text, metadata, mentions)
  SELECT fresh.conversation_id, fresh.id, fresh.request_hash, bumped.base_seq + fresh.n, bumped.base_version + fresh.n,
    fresh.sender_id, fresh.kind, fresh.text, fresh.metadata::jsonb, fresh.mentions::uuid[]
  FROM fresh JOIN bumped ON bumped.id = fresh.conversation_id
  RETURNING conversation_id, id, seq, version, created_at`;

/** Identifies a message among all: its id is the client's, unique within its conversation only. */
export function messageKey(message: { conversationId: string; id: string }): string {
  return message.conversationId + message.id;
}

/**
 * Stores what is not there yet, in one transaction; one id may stand in the batch only once.
 *
 * @returns by messageKey the numbers of what was stored; missing are duplicates, and unknown conversations.
 */
export async function appendMessages(
  client: PoolClient,
  nodeId: string,
  messages: readonly NewMessage[],
): Promise<Map<string, Numbered>> {
  await client.query('BEGIN');
  try {
    const conversationIds = [...new Set(messages.map((message) => message.conversationId))];
    await client.query({ name: 'timeline-lock', text: LOCK, values: [conversationIds] });
    const { rows } = await client.query<[string, string, string, string, Date]>({
      name: 'timeline-append',
      text: APPEND,
      values: [...toColumns(messages), nodeId],
      rowMode: 'array',
    });
    await client.query('COMMIT');
    return new Map(
      rows.map(([conversationId, id, seq, version, createdAt]) => [
        messageKey({ conversationId, id }),
        { seq: Number(seq), version: Number(version), createdAt },
      ]),
    );
  } catch (error) {
    // On a lost connection there is nothing to roll back; what counts is why it was lost.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
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
  ];
}
