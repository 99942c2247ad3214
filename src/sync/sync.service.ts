import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type SyncPage } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { ConversationListService } from './conversation-list.service';
import { decodeSyncCursor, encodeSyncCursor, type Place, type SyncCursor } from './sync-cursor';
import { type Mark, SyncEpochs } from './sync-epochs';

/** The list of conversations as it has changed since a client last looked. */
@Injectable()
export class SyncService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly epochs: SyncEpochs,
    private readonly list: ConversationListService,
  ) {}

  /** A page; without a cursor the first of everything. */
  async sync(actor: Actor, { cursor, limit }: { cursor?: string; limit: number }): Promise<SyncPage> {
    const at = cursor === undefined ? null : await this.known(decodeSyncCursor(cursor));
    // Taken before the reading: what is committed meanwhile comes with the next sync.
    const through = at?.page?.through ?? (await this.epochs.now());
    const since = at?.since ?? { epoch: through.epoch, xid: 0 };
    const places = await this.changed(actor.userId, since, at?.page?.place ?? null, limit + 1);
    const shown = places.slice(0, limit);
    const last = shown.at(-1);
    const more = places.length > limit && last !== undefined;
    return {
      conversations: await this.list.summaries(
        actor,
        shown.map((place) => place.id),
      ),
      removed: at && !at.page ? await this.removed(actor.userId, since) : [],
      cursor: encodeSyncCursor(
        more ? { since, page: { through, place: last } } : { since: through, page: null },
      ),
      more,
    };
  }

  private async known(cursor: SyncCursor): Promise<SyncCursor> {
    const marks: Mark[] = cursor.page ? [cursor.page.through] : [];
    // A first sync's pages begin before any transaction, which every database knows.
    for (const mark of [cursor.since, ...marks]) {
      if (!(await this.epochs.knows(mark))) throw new DomainError('cursor_invalid');
    }
    return cursor;
  }

  private changed(userId: string, since: Mark, after: Place | null, limit: number): Promise<Place[]> {
    return this.source.query(
      `SELECT c.id, (extract(epoch FROM c.active_at) * 1000000)::bigint::text AS "activeAt"
       FROM member m JOIN conversation c ON c.id = m.conversation_id
       WHERE m.user_id = $1 AND m.left_at IS NULL AND (c.changed_xid >= $2 OR m.changed_xid >= $2)
         AND ($3::bigint IS NULL OR
           (c.active_at, c.id) < (to_timestamp($3::bigint / 1000000.0)::timestamptz(3), $4::uuid))
       ORDER BY c.active_at DESC, c.id DESC LIMIT $5`,
      [userId, since.xid, after?.activeAt ?? null, after?.id ?? null, limit],
    );
  }

  private async removed(userId: string, since: Mark): Promise<string[]> {
    const rows: { id: string }[] = await this.source.query(
      `SELECT conversation_id AS id FROM member
       WHERE user_id = $1 AND left_at IS NOT NULL AND changed_xid >= $2
       ORDER BY changed_xid LIMIT $3`,
      [userId, since.xid, LIMITS.removedPerSync + 1],
    );
    // More than are told at once: a fresh start costs less than to page through them.
    if (rows.length > LIMITS.removedPerSync) throw new DomainError('cursor_invalid');
    return rows.map((row) => row.id);
  }
}
