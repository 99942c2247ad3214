import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { ChangesService } from './changes.service';
import { NewsService } from './news.service';
import { ChangesPageDto, ChangesQuery, SyncPageDto, SyncQuery } from './sync.dto';
import { SyncService } from './sync.service';

/** Catching up over REST. */
@ApiTags('sync')
@ApiBearerAuth()
@Controller()
export class SyncController {
  constructor(
    private readonly syncs: SyncService,
    private readonly changes: ChangesService,
    private readonly news: NewsService,
  ) {}

  /** Which of my conversations have changed since the last sync; with `wait`, as soon as there is news. */
  @Get('sync')
  @ApiErrors('cursor_invalid')
  sync(
    @CurrentActor() actor: Actor,
    @Query() { wait, ...query }: SyncQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SyncPageDto> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return this.news.wait(
      actor,
      wait,
      () => this.syncs.sync(actor, query),
      ({ conversations, removed, hidden }) => conversations.length + removed.length + hidden.length > 0,
      gone.signal,
    );
  }

  /** What has changed in a conversation: of the messages that I have, then new ones, members, and what I hid. */
  @Get('conversations/:conversationId/changes')
  @ApiErrors('conversation_not_found', 'cursor_invalid')
  changesOf(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Query() query: ChangesQuery,
  ): Promise<ChangesPageDto> {
    return this.changes.changes(actor, conversationId, query);
  }
}
