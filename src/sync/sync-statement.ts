import { type HiddenMessage, LIMITS } from '@parley/protocol';
import type { DataSource } from 'typeorm';
import type { Place, SyncCursor } from './sync-cursor';
import { isKnown, type Mark, NOW } from './sync-epochs';

/** What one look at the database finds. */
export interface SyncAnswer {
  /** The moment of the look. */
  mark: Mark;
  /** Whether the cursor is of this database's history. */
  known: boolean;
  places: Place[];
  removed: string[];
  hidden: HiddenMessage[];
}

interface Row {
  epoch: string;
  xid: string;
  known: boolean;
  places: Place[] | null;
  removed: string[] | null;
  hidden: HiddenMessage[] | null;
}

/** Who looks, from where on, for at most so many conversations. */
export interface SyncQuestion {
  readonly userId: string;
  readonly cursor: SyncCursor | null;
  readonly limit: number;
}

// Everything as of one snapshot. A conversation has changed when its row has, or mine, or, where cursors are
// told to all, anybody's: that is asked last, and of those alone that have not changed anyhow. OFFSET 0 has each
// conversation of mine looked up: beside the last question reading all there are would look as cheap.
const SYNC = `
  WITH now AS MATERIALIZED (${NOW})
  SELECT now.epoch, now.xid::text AS xid,
    (asked.epoch IS NULL OR ${isKnown('asked.epoch', 'asked.xid')})
      AND (asked.through_epoch IS NULL OR ${isKnown('asked.through_epoch', 'asked.through_xid')}) AS known,
    (SELECT json_agg(json_build_object('id', place.id, 'activeAt', place.active_at)) FROM (
      SELECT c.id, (extract(epoch FROM c.active_at) * 1000000)::bigint::text AS active_at
      FROM member m CROSS JOIN LATERAL (SELECT * FROM conversation o WHERE o.id = m.conversation_id OFFSET 0) c
      WHERE m.user_id = asked.user_id AND m.left_at IS NULL
        AND (c.changed_xid >= asked.xid OR m.changed_xid >= asked.xid OR (
          c.member_count <= ${LIMITS.smallGroupMembers}
          AND (SELECT max(other.changed_xid) FROM member other WHERE other.conversation_id = c.id) >= asked.xid))
        AND (asked.place_at IS NULL OR
          (c.active_at, c.id) < (to_timestamp(asked.place_at / 1000000.0)::timestamptz(3), asked.place_id))
      ORDER BY c.active_at DESC, c.id DESC LIMIT asked.most) place) AS places,
    (SELECT json_agg(gone.conversation_id) FROM (
      SELECT conversation_id FROM member
      WHERE asked.forgets AND user_id = asked.user_id AND left_at IS NOT NULL AND changed_xid >= asked.xid
      LIMIT ${LIMITS.removedPerSync + 1}) gone) AS removed,
    (SELECT json_agg(json_build_object('conversationId', hid.conversation_id, 'id', hid.message_id, 'seq', hid.seq))
     FROM (SELECT * FROM hidden_message
       WHERE asked.forgets AND user_id = asked.user_id AND changed_xid >= asked.xid
       LIMIT ${LIMITS.hiddenPerSync + 1}) hid) AS hidden
  FROM now CROSS JOIN unnest(
    $1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::uuid[], $8::int[], $9::bool[]
  ) WITH ORDINALITY AS asked (
    user_id, epoch, xid, through_epoch, through_xid, place_at, place_id, most, forgets, n)
  ORDER BY asked.n`;

/** Looks for what has changed since a cursor, or for everything; for many people at once, in their order. */
export async function readSyncs(source: DataSource, asked: readonly SyncQuestion[]): Promise<SyncAnswer[]> {
  const each = (value: (since: Mark | null, page: SyncCursor['page']) => unknown) =>
    asked.map(({ cursor }) => value(cursor?.since ?? null, cursor?.page ?? null));
  const rows: Row[] = await source.query(SYNC, [
    asked.map(({ userId }) => userId),
    each((since) => since?.epoch),
    each((since) => since?.xid ?? 0),
    each((_, page) => page?.through.epoch),
    each((_, page) => page?.through.xid),
    each((_, page) => page?.place.activeAt),
    each((_, page) => page?.place.id),
    asked.map(({ limit }) => limit),
    // With the first page of what has changed; at the start there is nothing to forget.
    each((since, page) => since !== null && page === null),
  ]);
  return rows.map((row) => ({
    mark: { epoch: row.epoch, xid: Number(row.xid) },
    known: row.known,
    places: row.places ?? [],
    removed: row.removed ?? [],
    hidden: row.hidden ?? [],
  }));
}
