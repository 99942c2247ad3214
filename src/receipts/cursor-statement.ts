import type { PoolClient, QueryArrayConfig } from 'pg';
import { atOnce } from '../database/at-once';
import { AS_TEXT, arrayOf } from '../timeline/append-columns';
import { CURRENT_XID } from '../timeline/current-xid';

/** How far somebody's cursors are to move in a conversation; 0 leaves one where it is. */
export interface Wanted {
  readonly conversationId: string;
  readonly userId: string;
  deliveredSeq: number;
  readSeq: number;
}

/** Where somebody's cursors are now. */
export interface Cursors {
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** The newest message of the conversation. */
  readonly lastSeq: number;
  /** Whether they were moved, or had been there before. */
  readonly moved: boolean;
}

/** What became of a move; null where there is no such member, `passed` where somebody else holds their row. */
type Fate = Cursors | null | 'passed';

// One plan for batches of any size, made once: planning costs more than moving a few cursors. Rows are found by
// the primary key whatever the statistics say, since each is looked up in a LATERAL of its own.
const BEGIN = [
  'BEGIN',
  'SET LOCAL plan_cache_mode = force_generic_plan',
  'SET LOCAL enable_seqscan = off',
].join('; ');

const WANTED = `
  unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])
    WITH ORDINALITY AS w(conversation_id, user_id, delivered, read, place)`;

const THEIRS = `
  FROM member m JOIN conversation c ON c.id = m.conversation_id
  WHERE m.conversation_id = w.conversation_id AND m.user_id = w.user_id AND m.left_at IS NULL`;

// Never beyond the newest message. What does not move is not locked. Who holds many rows waits for none, so no
// circle can form. What somebody has changed meanwhile is left out too: by its ctid the UPDATE does not find
// what its snapshot does not show.
const MOVE = {
  name: 'cursors-move',
  text: `
  WITH locked AS MATERIALIZED (
    SELECT w.place, theirs.* FROM ${WANTED} CROSS JOIN LATERAL (
      SELECT m.ctid, c.last_seq, least(w.delivered, c.last_seq) AS delivered, least(w.read, c.last_seq) AS read
      ${THEIRS} AND (m.delivered_seq < least(w.delivered, c.last_seq) OR m.read_seq < least(w.read, c.last_seq))
      LIMIT 1 FOR NO KEY UPDATE OF m SKIP LOCKED
    ) theirs
  )
  UPDATE member m SET delivered_seq = greatest(m.delivered_seq, locked.delivered),
    read_seq = greatest(m.read_seq, locked.read), changed_xid = ${CURRENT_XID}
  FROM locked WHERE m.ctid = locked.ctid
  RETURNING locked.place, m.delivered_seq, m.read_seq, greatest(locked.last_seq, m.read_seq), true`,
};

// On a newer snapshot than what has left them out: who is still behind was passed over.
const LOOK = {
  name: 'cursors-look',
  text: `
  SELECT w.place, theirs.* FROM ${WANTED} CROSS JOIN LATERAL (
    SELECT m.delivered_seq, m.read_seq, greatest(c.last_seq, m.read_seq),
      m.delivered_seq >= least(w.delivered, c.last_seq) AND m.read_seq >= least(w.read, c.last_seq)
    ${THEIRS} LIMIT 1
  ) theirs`,
};

const LOCK = {
  name: 'cursors-lock',
  text: `
  SELECT FROM ${WANTED} CROSS JOIN LATERAL (
    SELECT ${THEIRS} LIMIT 1 FOR NO KEY UPDATE OF m
  ) theirs`,
};

type Row = [place: string, delivered: string, read: string, last: string, isThere: string];

/**
 * Moves cursors forward, with one commit; somebody may stand in a conversation only once.
 *
 * @param waits Whether to wait for who holds a row, which is for one move alone, or to pass it over.
 */
export async function moveCursors(
  client: PoolClient,
  moves: readonly Wanted[],
  waits: boolean,
): Promise<Fate[]> {
  const fates = new Array<Fate>(moves.length).fill(null);
  const wanted = on(MOVE, moves);
  const answers = await atOnce(client, [BEGIN, ...(waits ? [on(LOCK, moves)] : []), wanted, 'COMMIT']);
  for (const [place, ...row] of answers.at(-2) as Row[]) fates[Number(place) - 1] = toCursors(row, true);
  const others = moves.flatMap((_, at) => (fates[at] ? [] : [at]));
  if (others.length === 0) return fates;
  const left = others.flatMap((at) => moves[at] ?? []);
  const [, looked] = await atOnce(client, [BEGIN, on(LOOK, left), 'COMMIT']);
  for (const [place, ...row] of looked as Row[]) {
    fates[others[Number(place) - 1] ?? -1] = row[3] === 't' ? toCursors(row, false) : 'passed';
  }
  return fates;
}

function on(statement: { name: string; text: string }, moves: readonly Wanted[]): QueryArrayConfig {
  return { ...statement, values: toColumns(moves), rowMode: 'array', types: AS_TEXT };
}

function toColumns(moves: readonly Wanted[]): string[] {
  return [
    arrayOf(moves.map((move) => move.conversationId)),
    arrayOf(moves.map((move) => move.userId)),
    arrayOf(moves.map((move) => move.deliveredSeq)),
    arrayOf(moves.map((move) => move.readSeq)),
  ];
}

function toCursors(
  [delivered, read, last]: [delivered: string, read: string, last: string, isThere: string],
  moved: boolean,
): Cursors {
  return { deliveredSeq: Number(delivered), readSeq: Number(read), lastSeq: Number(last), moved };
}
