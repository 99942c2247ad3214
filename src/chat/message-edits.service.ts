import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Message, MessageEdit, Page } from '@parley/protocol';
import { DataSource, LessThan } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { PageQuery } from '../common/page-query.dto';
import { decodeCursor, encodeCursor, toPage } from '../common/pagination';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { MemberRows } from '../conversations/member-rows';
import { MessageEditEntity } from '../timeline/message-edit.entity';
import type { MessageEntity } from '../timeline/message.entity';
import { MessageAccess } from './message-access';
import type { MessageRevisionDto } from './message-changes.dto';
import { MessageChanger, requireNotDeleted, type Target } from './message-changer';
import { type MessagePatch, type MessageRows, NOW } from './message-rows';

const VERSION_PATTERN = /^\d{1,15}$/;

/** Editing messages, and what they were before. */
@Injectable()
export class MessageEditsService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) private readonly env: Env,
    private readonly access: MessageAccess,
    private readonly changer: MessageChanger,
  ) {}

  /** Says it differently; the same once more changes nothing. */
  async edit(actor: Actor, target: Target, input: MessageRevisionDto): Promise<Message> {
    return this.changer.change(actor, target, 'message.edit', async ({ row, rows, members }) => {
      requireNotDeleted(row);
      const mentions = input.mentions ? [...new Set(input.mentions)] : (row.mentions ?? []);
      const mentionsAll = input.mentionAll ?? row.mentionsAll;
      const others = differs(row.mentions ?? [], mentions);
      // Before all that refuses: a retry of an edit that was made is answered like the edit.
      if (!others && input.text === row.text && mentionsAll === row.mentionsAll) return null;
      await this.requireInTime(row, rows, input.ifVersion);
      if (others) {
        await requireMembers(members, row, mentions);
        await rows.setMentions(mentions);
      }
      if (this.env.editHistory) await rows.keepEdit();
      const patch: MessagePatch = { text: input.text, mentionsAll, editedAt: NOW };
      return { ...patch, mentions: mentions.length > 0 ? mentions : null };
    });
  }

  /** What a message was before each edit, the latest first. */
  async list(actor: Actor, target: Target, { cursor, limit }: PageQuery): Promise<Page<MessageEdit>> {
    const { conversationId, id: messageId } = target;
    await this.access.message(actor, conversationId, messageId);
    const [version] = cursor ? decodeCursor(cursor, [VERSION_PATTERN]) : [];
    const rows = await this.source.manager.find(MessageEditEntity, {
      where: { conversationId, messageId, ...(version && { version: LessThan(Number(version)) }) },
      order: { version: 'DESC' },
      take: limit + 1,
    });
    return toPage(rows, limit, toMessageEdit, (row) => encodeCursor(row.version));
  }

  private async requireInTime(row: MessageEntity, rows: MessageRows, ifVersion?: number): Promise<void> {
    if (ifVersion != null && ifVersion !== row.version) {
      throw new DomainError('version_conflict', undefined, { version: row.version });
    }
    const seconds = this.env.editWindowSeconds;
    if (seconds > 0 && (await rows.isOlderThan(seconds))) {
      throw new DomainError('forbidden', 'The message is too old to be edited.');
    }
  }
}

/** Who was mentioned before may have gone since. */
async function requireMembers(members: MemberRows, row: MessageEntity, userIds: string[]): Promise<void> {
  const added = userIds.filter((id) => !row.mentions?.includes(id));
  const [userId] = await members.missing(added);
  if (userId !== undefined) throw new DomainError('member_not_found', undefined, { userId });
}

function differs(a: readonly string[], b: readonly string[]): boolean {
  return a.length !== b.length || a.some((id) => !b.includes(id));
}

function toMessageEdit({ version, text, mentions, editedAt }: MessageEditEntity): MessageEdit {
  return { version, text, mentions: mentions ?? [], editedAt: editedAt.toISOString() };
}
