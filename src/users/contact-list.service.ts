import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Contact, ContactState, Page, User } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import type { ContactsQuery } from './contacts.dto';
import { UsersService } from './users.service';

const FIRST_UUID = '00000000-0000-0000-0000-000000000000';

interface ContactRow {
  id: string;
  state: ContactState;
  since: Date;
}

/** A person's list of friends, requests and blocks, in the order of ids. */
@Injectable()
export class ContactListService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly users: UsersService,
  ) {}

  async list(actor: Actor, { state, cursor, limit }: ContactsQuery): Promise<Page<Contact>> {
    const [after] = cursor ? decodeCursor(cursor, [UUID_PATTERN]) : [FIRST_UUID];
    const rows: ContactRow[] = await this.source.query(LIST, [actor.userId, state ?? null, after, limit + 1]);
    const users = await this.users.findMany(rows.map((row) => row.id));
    return toPage(
      rows,
      limit,
      (row) => toContact(row, users),
      (row) => encodeCursor(row.id),
    );
  }
}

/** $1 user, $2 state or null, $3 id after which to start, $4 rows. Who is blocked makes no requests. */
const LIST = `
  SELECT * FROM (
    SELECT contact_id AS id, CASE state WHEN 'requested' THEN 'outgoing' ELSE state END AS state, since
    FROM contact WHERE user_id = $1
    UNION ALL
    SELECT theirs.user_id, 'incoming', theirs.since
    FROM contact theirs
    WHERE theirs.contact_id = $1 AND theirs.state = 'requested'
      AND NOT EXISTS (SELECT FROM contact mine WHERE mine.user_id = $1 AND mine.contact_id = theirs.user_id)
  ) c
  WHERE ($2::text IS NULL OR state = $2) AND id > $3::uuid
  ORDER BY id LIMIT $4`;

function toContact(row: ContactRow, users: ReadonlyMap<string, User>): Contact {
  const user = users.get(row.id);
  if (!user) throw new Error(`contact ${row.id} has no account`);
  return { user, state: row.state, since: row.since.toISOString() };
}
