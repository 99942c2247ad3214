import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type SyncPage } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { Together } from '../common/together';
import { MissedHints } from '../receipts/missed-hints';
import { ConversationListService } from './conversation-list.service';
import { decodeSyncCursor, encodeSyncCursor } from './sync-cursor';
import { readSyncs, type SyncAnswer, type SyncQuestion } from './sync-statement';

/** People who come back at once are looked after together. */
const LOOKS_AT_ONCE = 50;

/** The list of conversations as it has changed since a client last looked. */
@Injectable()
export class SyncService {
  private readonly looks: Together<SyncQuestion, SyncAnswer>;

  constructor(
    @InjectDataSource() source: DataSource,
    private readonly list: ConversationListService,
    private readonly hints: MissedHints,
  ) {
    this.looks = new Together({ most: LOOKS_AT_ONCE, weight: () => 1 }, (asked) => readSyncs(source, asked));
  }

  /** A page; without a cursor the first of everything. */
  async sync(actor: Actor, { cursor, limit }: { cursor?: string; limit: number }): Promise<SyncPage> {
    const at = cursor === undefined ? null : decodeSyncCursor(cursor);
    this.hints.looks(actor.userId);
    const { mark, known, places, removed, hidden } = await this.looks.ask({
      userId: actor.userId,
      cursor: at,
      limit: limit + 1,
    });
    // More than are told at once: a fresh start costs less than to page through them.
    const isTooMuch = removed.length > LIMITS.removedPerSync || hidden.length > LIMITS.hiddenPerSync;
    if (!known || isTooMuch) throw new DomainError('cursor_invalid');
    // What is committed after the first page's look comes with the next sync.
    const through = at?.page?.through ?? mark;
    const since = at?.since ?? { epoch: through.epoch, xid: 0 };
    const shown = places.slice(0, limit);
    const last = shown.at(-1);
    const more = places.length > limit && last !== undefined;
    return {
      conversations: await this.list.summaries(
        actor,
        shown.map((place) => place.id),
      ),
      removed,
      hidden,
      cursor: encodeSyncCursor(
        more ? { since, page: { through, place: last } } : { since: through, page: null },
      ),
      more,
    };
  }
}
