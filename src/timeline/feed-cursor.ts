import type { DataSource } from 'typeorm';
import type { Commit } from '../common/commit';

const UUID_LENGTH = 36;

/** Rows that one reading takes. */
const MAX_READ = 1_000;

interface Row {
  xid: string;
  node: string;
  conversation_ids: string[];
  base_versions: string[];
  base_seqs: string[];
  versions: string[];
  changes_members: boolean;
}

/** Reads rows of the commit feed, each once, when it can be seen. */
export class FeedCursor {
  /** Of `from`, what was read. */
  private readonly seen = new Set<string>();

  constructor(
    private readonly source: DataSource,
    /** Which rows, in SQL; values for it begin at `$2`. */
    private readonly which: string,
    /** The transaction from which on is read. */
    public from = '0',
  ) {}

  /** Leaves out what has been committed by now. */
  async begin(): Promise<void> {
    const [row]: { through: string }[] = await this.source.query(
      'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS through',
    );
    if (row) this.from = row.through;
  }

  async read(values: readonly unknown[]): Promise<Commit[]> {
    const commits: Commit[] = [];
    try {
      while (await this.readPage(commits, values));
    } catch (error) {
      // What was read is not read again: it is handed on, and the next reading fails or goes on.
      if (commits.length === 0) throw error;
    }
    return commits;
  }

  /** Whether there may be another. */
  private async readPage(commits: Commit[], values: readonly unknown[]): Promise<boolean> {
    const seen = values.length + 2;
    const rows: (Row & { through: string })[] = await this.source.query(
      `SELECT f.xid::text, f.node, f.conversation_ids, f.base_versions, f.base_seqs, f.versions, f.changes_members,
         s.through
       FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS through) s
       LEFT JOIN LATERAL (
         SELECT * FROM commit_feed
         WHERE xid >= $1::text::xid8 AND ${this.which} AND NOT (xid::text || node = ANY($${seen}::text[]))
         ORDER BY xid LIMIT ${MAX_READ}
       ) f ON true`,
      [this.from, ...values, [...this.seen]],
    );
    const found = rows.filter((row) => row.node !== null);
    for (const row of found) {
      this.seen.add(row.xid + row.node);
      commits.push(...commitsOf(row));
    }
    if (found.length === MAX_READ) return true;
    this.moveTo(rows[0]?.through);
    return false;
  }

  /** All before has ended and was read; of what is younger some may commit yet, so it is looked at again. */
  private moveTo(xid: string | undefined): void {
    if (xid === undefined) return;
    this.from = xid;
    for (const key of this.seen) {
      // Followed by the node's id, which has a fixed length.
      if (BigInt(key.slice(0, -UUID_LENGTH)) < BigInt(xid)) this.seen.delete(key);
    }
  }
}

function commitsOf(row: Row): Commit[] {
  return row.conversation_ids.map((conversationId, i) => ({
    conversationId,
    base: { version: Number(row.base_versions[i]), seq: Number(row.base_seqs[i]) },
    version: Number(row.versions[i]),
    changesMembers: row.changes_members,
  }));
}
