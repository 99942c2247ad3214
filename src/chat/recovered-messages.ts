import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MembershipService } from '../conversations/membership.service';
import { TimelineReader } from '../timeline/timeline-reader';
import { TimelineWriter } from '../timeline/timeline-writer';
import { ChatGateway } from './chat.gateway';

/** Pushes what turns out to be stored after its sender was told that nobody knows. */
@Injectable()
export class RecoveredMessages implements OnModuleInit {
  constructor(
    private readonly writer: TimelineWriter,
    private readonly reader: TimelineReader,
    private readonly memberships: MembershipService,
    private readonly gateway: ChatGateway,
  ) {}

  onModuleInit(): void {
    this.writer.onRecovered(async (message) => {
      const membership = await this.memberships.find(message.conversationId);
      if (!membership) return;
      const quoted = await this.reader.quoted(message);
      this.gateway.publish({ message: quoted, duplicate: false, membership });
    });
  }
}
