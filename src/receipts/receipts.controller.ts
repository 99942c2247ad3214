import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { PageQuery } from '../common/page-query.dto';
import { ReadersDto, ReadReceiptDto, ReceiptDto, ReceiptListDto, ReceiptTargetDto } from './receipts.dto';
import { ReceiptsService } from './receipts.service';

@ApiTags('receipts')
@ApiBearerAuth()
@Controller('conversations/:conversationId')
export class ReceiptsController {
  constructor(private readonly receipts: ReceiptsService) {}

  /** Every member's cursors. */
  @Get('receipts')
  @ApiErrors('conversation_not_found', 'cursor_invalid')
  list(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Query() page: PageQuery,
  ): Promise<ReceiptListDto> {
    return this.receipts.list(actor, conversationId, page);
  }

  /** Moves my delivered cursor forward. */
  @Post('receipts/delivered')
  @HttpCode(200)
  @ApiErrors('conversation_not_found', 'message_not_found')
  delivered(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() target: ReceiptTargetDto,
  ): Promise<ReceiptDto> {
    return this.receipts.delivered(actor, conversationId, target);
  }

  /** Moves my read cursor forward. */
  @Post('receipts/read')
  @HttpCode(200)
  @ApiErrors('conversation_not_found', 'message_not_found')
  read(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() target: ReceiptTargetDto,
  ): Promise<ReadReceiptDto> {
    return this.receipts.read(actor, conversationId, target);
  }

  /** Who has got and who has read a message. */
  @Get('messages/:messageId/readers')
  @ApiErrors('conversation_not_found', 'message_not_found')
  readers(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) messageId: string,
  ): Promise<ReadersDto> {
    return this.receipts.readers(actor, conversationId, messageId);
  }
}
