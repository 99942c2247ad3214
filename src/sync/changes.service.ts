import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Changes, LIMITS, type Message } from '@parley/protocol';
import { DataSource, IsNull } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { MembershipService } from '../conversations/membership.service';
import { memberOf } from '../conversations/member-rows';
import { MissedHints } from '../receipts/missed-hints';
import { ConversationEntity } from '../timeline/conversation.entity';
import { MemberEntity } from '../timeline/member.entity';
import { TimelineReader, type Viewer } from '../timeline/timeline-reader';
import type { ChangesQuery } from './sync.dto';

/** With more new messages than so many pages, the newest page comes alone and a gap is told. */
const MAX_PAGES_OF_NEW = 5;
/** A group is made of as many members and its maker, all of one version, which has to fit on a page. */
const MEMBERS_PER_PAGE = LIMITS.memberIdsPerRequest + 1;

/** New messages of a page. */
interface Fresh {
  messages: Message[];
  more: boolean;
  gap: Changes['gap'];
}

/** What has changed in one conversation since a client last looked: costs what changed, not what happened. */
@Injectable()
export class ChangesService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly memberships: MembershipService,
    private readonly reader: TimelineReader,
    private readonly hints: MissedHints,
  ) {}

  async changes(actor: Actor, conversationId: string, query: ChangesQuery): Promise<Changes> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    this.hints.looks(actor.userId);
    const { afterVersion, afterSeq, limit } = query;
    const viewer = membership.viewer(actor.userId);
    // Read first: what is read after it is at least as new, and comes again when it is newer.
    const head = await this.head(conversationId);
    const { version, lastSeq } = head;
    if (afterVersion > version || afterSeq > lastSeq) throw new DomainError('cursor_invalid');
    const range = { afterVersion, upToSeq: afterSeq, limit: limit + 1 };
    const changed = await this.reader.changedSince(conversationId, viewer, range);
    const members = await this.membersSince(conversationId, afterVersion);
    const through = throughOf(version, [
      { rows: changed, limit },
      { rows: members, limit: MEMBERS_PER_PAGE },
    ]);
    const shown = changed.slice(0, limit).filter((message) => message.version <= through);
    const fresh =
      through < version
        ? { messages: [], more: true, gap: null }
        : await this.fresh(conversationId, viewer, {
            after: afterSeq,
            lastSeq,
            limit: limit - shown.length,
            page: limit,
          });
    return {
      conversationId,
      messages: [...shown, ...fresh.messages],
      members: members.filter((row) => !row.leftAt && row.version <= through).map(memberOf),
      gone: members
        .filter((row) => row.leftAt && row.version <= through)
        .map(({ userId, version: at }) => ({ userId, version: at })),
      receipts: fresh.more ? [] : await this.receipts(head),
      through,
      more: fresh.more,
      gap: fresh.gap,
    };
  }

  /** New messages: a page of them or, after a long absence, the newest page and what is missing before it. */
  private async fresh(
    conversationId: string,
    viewer: Viewer,
    { after, lastSeq, limit, page }: { after: number; lastSeq: number; limit: number; page: number },
  ): Promise<Fresh> {
    const start = Math.max(after, viewer.joinedSeq);
    if (limit <= 0) return { messages: [], more: lastSeq > start, gap: null };
    if (lastSeq - start > MAX_PAGES_OF_NEW * page) {
      const { messages: newest } = await this.reader.history(conversationId, viewer, { limit });
      const messages = newest.filter((message) => message.seq > start);
      const first = messages[0]?.seq ?? start + 1;
      // The page reaches back to what the client has, when most in between is hidden from it.
      const whole = messages.length < newest.length || newest.length < limit || first === start + 1;
      return { messages, more: false, gap: whole ? null : { from: start + 1, to: first - 1 } };
    }
    const { messages, more } = await this.reader.history(conversationId, viewer, { after: start, limit });
    return { messages, more, gap: null };
  }

  private async head(conversationId: string): Promise<ConversationEntity> {
    const row = await this.source.manager.findOneBy(ConversationEntity, { id: conversationId });
    if (!row) throw new DomainError('conversation_not_found');
    return row;
  }

  private membersSince(conversationId: string, afterVersion: number): Promise<MemberEntity[]> {
    return this.source.manager
      .createQueryBuilder(MemberEntity, 'm')
      .where('m.conversation_id = :conversationId AND m.version > :afterVersion', {
        conversationId,
        afterVersion,
      })
      .orderBy('m.version')
      .addOrderBy('m.user_id')
      .limit(MEMBERS_PER_PAGE + 1)
      .getMany();
  }

  /** They take no version, so they come whole, and once. */
  private async receipts({ id, memberCount }: ConversationEntity): Promise<Changes['receipts']> {
    if (memberCount > LIMITS.smallGroupMembers) return [];
    const rows = await this.source.manager.find(MemberEntity, {
      select: { userId: true, deliveredSeq: true, readSeq: true },
      where: { conversationId: id, leftAt: IsNull() },
    });
    return rows.map(({ userId, deliveredSeq, readSeq }) => ({ userId, deliveredSeq, readSeq }));
  }
}

/** The version up to which nothing is missing, where lists of changes were cut at their limits. */
function throughOf(version: number, lists: { rows: { version: number }[]; limit: number }[]): number {
  let through = version;
  for (const { rows, limit } of lists) {
    const cut = rows[limit];
    // Many rows may share the version that was cut: it comes whole with the next page.
    if (cut) through = Math.min(through, cut.version - 1);
  }
  return through;
}
