import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What has changed of members, by version, and what somebody has deleted for themselves, by transaction. */
export class CatchingUp1795000000007 implements MigrationInterface {
  readonly name = 'CatchingUp1795000000007';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "conversation" DROP "members_version"`);
    await runner.query(`ALTER TABLE "hidden_message" DROP "changed_xid"`);
    await runner.query(`DROP INDEX "member_version"`);
  }
}

const UP = [
  // Cursors leave the version as it is, so that their updates stay off the index (HOT).
  `CREATE INDEX "member_version" ON "member" ("conversation_id", "version")`,
  // Nobody can say any more who has been told of those that are there, so everybody is told again.
  `ALTER TABLE "hidden_message" ADD "changed_xid" bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint`,
  `ALTER TABLE "hidden_message" ALTER "changed_xid" SET DEFAULT 0`,
  `CREATE INDEX "hidden_message_changed" ON "hidden_message" ("user_id", "changed_xid")`,
  `ALTER TABLE "conversation" ADD "members_version" bigint NOT NULL DEFAULT 0`,
  `UPDATE "conversation" SET "members_version" = "version"`,
];
