import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';

/** Who may act for the whole server: people to whom a command, and nothing else, has given that. */
@Injectable()
export class Administrators {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** Asks the database each time: who is none any more is none from that moment on. */
  async require(userId: string): Promise<void> {
    const rows: unknown[] = await this.source.query(
      'SELECT FROM "user" WHERE id = $1 AND administrator AND deletion_started_at IS NULL',
      [userId],
    );
    if (rows.length === 0) throw new DomainError('forbidden', 'Only administrators may do this.');
  }
}
