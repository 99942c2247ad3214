import { type HiddenMessage, LIMITS } from '@parley/protocol';
import type { DataSource } from 'typeorm';
import type { Place, SyncCursor } from './sync-cursor';
import { isKnown, MARK, type Mark } from './sync-epochs';

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

// Everything as of one snapshot. A conversation has changed when its row has, or mine, or, where cursors are
// told to all, anybody's: that is asked last, and of those alone that have not changed anyhow. OFFSET 0 has each
// conversation of mine looked up: beside the last question reading all there are would look as cheap.
const SYNC = `
  SELECT ${MARK.epoch} AS epoch, ${MARK.xid}::text AS xid,
    ($2::text IS NULL OR ${isKnown('$2::text', '$3::bigint')})
      AND ($4::text IS NULL OR ${isKnown('$4::text', '$5::bigint')}) AS known,
    (SELECT json_agg(json_build_object('id', place.id, 'activeAt', place.active_at)) FROM (
      SELECT c.id, (extract(epoch FROM c.active_at) * 1000000)::bigint::text AS active_at
      FROM member m CROSS JOIN LATERAL (SELECT * FROM conversation o WHERE o.id = m.conversation_id OFFSET 0) c
      WHERE m.user_id = $1 AND m.left_at IS NULL
        AND (c.changed_xid >= $3 OR m.changed_xid >= $3 OR (
          c.member_count <= ${LIMITS.smallGroupMembers}
          AND (SELECT max(other.changed_xid) FROM member other WHERE other.conversation_id = c.id) >= $3))
        AND ($6::bigint IS NULL OR
          (c.active_at, c.id) < (to_timestamp($6::bigint / 1000000.0)::timestamptz(3), $7::uuid))
      ORDER BY c.active_at DESC, c.id DESC LIMIT $8) place) AS places,
    (SELECT json_agg(gone.conversation_id) FROM (
      SELECT conversation_id FROM member
      WHERE $9 AND user_id = $1 AND left_at IS NOT NULL AND changed_xid >= $3
      LIMIT ${LIMITS.removedPerSync + 1}) gone) AS removed,
    (SELECT json_agg(json_build_object('conversationId', hid.conversation_id, 'id', hid.message_id, 'seq', hid.seq))
     FROM (SELECT * FROM hidden_message WHERE $9 AND user_id = $1 AND changed_xid >= $3
       LIMIT ${LIMITS.hiddenPerSync + 1}) hid) AS hidden`;

/** Looks for what has changed since a cursor, or for everything; at most `limit` conversations. */
export async function readSync(
  source: DataSource,
  userId: string,
  cursor: SyncCursor | null,
  limit: number,
): Promise<SyncAnswer> {
  const { since, page } = cursor ?? { since: null, page: null };
  const [row]: [Row] = await source.query(SYNC, [
    userId,
    since?.epoch,
    since?.xid ?? 0,
    page?.through.epoch,
    page?.through.xid,
    page?.place.activeAt,
    page?.place.id,
    limit,
    // With the first page of what has changed; at the start there is nothing to forget.
    since !== null && page === null,
  ]);
  return {
    mark: { epoch: row.epoch, xid: Number(row.xid) },
    known: row.known,
    places: row.places ?? [],
    removed: row.removed ?? [],
    hidden: row.hidden ?? [],
  };
}
