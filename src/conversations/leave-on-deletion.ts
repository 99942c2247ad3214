import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';
import { AccountDeletion } from '../users/account-deletion';
import { MembersService } from './members.service';

/** An account that is deleted leaves its groups; direct conversations stay with the other person. */
@Injectable()
export class LeaveOnDeletion implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly deletion: AccountDeletion,
    private readonly members: MembersService,
  ) {}

  onModuleInit(): void {
    this.deletion.addStep('leave groups', (userId) => this.leaveGroups(userId));
  }

  private async leaveGroups(userId: string): Promise<void> {
    const rows: { id: string }[] = await this.source.query(
      `SELECT c.id FROM member m JOIN conversation c ON c.id = m.conversation_id
       WHERE m.user_id = $1 AND m.left_at IS NULL AND c.kind = 'group'`,
      [userId],
    );
    for (const { id } of rows) {
      try {
        await this.members.leaveForGood({ userId, sessionId: '' }, id);
      } catch (error) {
        // Somebody else took them out meanwhile.
        if (!(error instanceof DomainError && error.code === 'conversation_not_found')) throw error;
      }
    }
  }
}
