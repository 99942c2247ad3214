import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Page, User } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import { toUser, USER_COLUMNS, type UserRow } from './to-user';
import type { UserSearchQuery } from './users.dto';

/** Greater than every character that a name holds, so prefix to prefix + LAST is the range of a prefix. */
const LAST = '\u{10ffff}';

interface FoundRow extends UserRow {
  /** 0: by user name, 1: by display name only. */
  rank: number;
  key: string;
}

/** Who can be found by how their names begin. */
@Injectable()
export class UserSearchService {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** Those whose user name begins so, then those whose display name does; for everybody who is logged in. */
  async search(_actor: Actor, { query, cursor, limit }: UserSearchQuery): Promise<Page<User>> {
    const [rank, key, id] = cursor
      ? decodeCursor(cursor, [/^[01]$/, /^[^\u0000]{0,200}$/u, UUID_PATTERN])
      : ['0', '', null];
    const rows: FoundRow[] = await this.source.query(SEARCH, [query, LAST, Number(rank), key, id, limit + 1]);
    return toPage(rows, limit, toUser, (row) => encodeCursor(row.rank, row.key, row.id));
  }
}

/**
 * $1 query, $2 LAST, then the place after which to start: $3 rank, $4 key, $5 id; $6 rows.
 *
 * Ranges of the text_pattern_ops indexes instead of LIKE: nothing to escape, and an index range under
 * any plan. Each half reads at most one page of its index, and nobody is found twice.
 */
const SEARCH = `
  WITH prefix AS MATERIALIZED (SELECT lower($1) AS low, lower($1) || $2 AS high)
  SELECT * FROM (
    (
      SELECT ${USER_COLUMNS}, 0 AS rank, u.username AS key
      FROM "user" u
      WHERE $3::int = 0
        AND u.username ~>=~ (SELECT low FROM prefix) AND u.username ~<~ (SELECT high FROM prefix)
        AND u.username ~>~ $4 AND u.deletion_started_at IS NULL
      ORDER BY u.username USING ~<~ LIMIT $6
    ) UNION ALL (
      SELECT ${USER_COLUMNS}, 1 AS rank, lower(u.display_name) AS key
      FROM "user" u
      WHERE lower(u.display_name) ~>=~ (SELECT low FROM prefix) AND lower(u.display_name) ~<~ (SELECT high FROM prefix)
        AND ($3::int = 0 OR (lower(u.display_name) ~>=~ $4 AND (lower(u.display_name) ~>~ $4 OR u.id > $5::uuid)))
        AND NOT (u.username ~>=~ (SELECT low FROM prefix) AND u.username ~<~ (SELECT high FROM prefix))
        AND u.deletion_started_at IS NULL
      ORDER BY lower(u.display_name) USING ~<~, u.id LIMIT $6
    )
  ) found
  ORDER BY rank, key USING ~<~, id LIMIT $6`;
