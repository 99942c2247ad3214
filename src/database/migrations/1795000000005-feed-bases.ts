import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each conversation stood before a commit: from there on another process reads what it missed. */
export class FeedBases1795000000005 implements MigrationInterface {
  readonly name = 'FeedBases1795000000005';

  async up(runner: QueryRunner): Promise<void> {
    // Its rows live for minutes, and those from before the columns could not be followed.
    await runner.query(`TRUNCATE "commit_feed"`);
    await runner.query(
      `ALTER TABLE "commit_feed" ADD "base_versions" bigint array NOT NULL, ADD "base_seqs" bigint array NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "commit_feed" DROP "base_versions", DROP "base_seqs"`);
  }
}
