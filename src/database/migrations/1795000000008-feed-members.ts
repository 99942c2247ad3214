import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a commit changed who is in a conversation: other processes ask for its members again. */
export class FeedMembers1795000000008 implements MigrationInterface {
  readonly name = 'FeedMembers1795000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "commit_feed" ADD "changes_members" boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "commit_feed" DROP "changes_members"`);
  }
}
