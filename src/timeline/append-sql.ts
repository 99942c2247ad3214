import { CURRENT_XID } from './current-xid';

// The statements below are prepared, and planned once: planning costs more than carrying them out for one
// message. So one plan has to fit a table of any size and a batch of any size. Each statement has an index to go
// by; no table is read from end to end, what is asked for in the order of an index is not read by another one and
// sorted, and two lists of a batch are joined by hashing, not by comparing each row with each.
export const BEGIN = [
  'BEGIN',
  'SET LOCAL plan_cache_mode = force_generic_plan',
  ...['seqscan', 'sort', 'nestloop'].map((way) => `SET LOCAL enable_${way} = off`),
  `SET LOCAL parley.passed = '{}'`,
].join('; ');

// Every writer locks a conversation before it looks for duplicates or takes a seq. The order of ids keeps
// two batches from waiting for each other. Told are only those that it could not lock, or whose members
// have changed since: almost always none.
const lock = (answer: string, skip: string) => `
  WITH locked AS MATERIALIZED (
    SELECT id, members_version FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE ${skip}
  )
  SELECT ${answer}
  FROM unnest($1::uuid[], $2::bigint[]) AS wanted(id, members_version) LEFT JOIN locked ON locked.id = wanted.id
  WHERE locked.id IS NULL OR locked.members_version > wanted.members_version`;
export const LOCK = { name: 'timeline-lock', text: lock('wanted.id, locked.members_version', '') };
// Tells the append too, for as long as the transaction lasts: it is on its way already.
export const LOCK_FREE = {
  name: 'timeline-lock-free',
  text: lock(`set_config('parley.passed', coalesce(array_agg(wanted.id), '{}')::text, true)`, 'SKIP LOCKED'),
};

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
    WHERE conversation_id <> ALL((SELECT current_setting('parley.passed')::uuid[])::uuid[]) AND (
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
export const APPENDS = {
  plain: { name: 'timeline-append', text: append('') },
  mentioning: { name: 'timeline-append-mentioning', text: append(MENTIONED) },
};

export const SENDERS = {
  name: 'timeline-senders',
  text: `
  SELECT m.conversation_id, m.user_id FROM unnest($1::uuid[], $2::uuid[]) AS sender(conversation_id, user_id)
  JOIN member m ON m.conversation_id = sender.conversation_id AND m.user_id = sender.user_id
  WHERE m.left_at IS NULL`,
};
