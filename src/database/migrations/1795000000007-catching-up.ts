import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What tells how far members, and messages deleted for oneself, have changed: by version, as all else. */
export class CatchingUp1795000000007 implements MigrationInterface {
  readonly name = 'CatchingUp1795000000007';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "conversation" DROP "members_version"`);
    await runner.query(`ALTER TABLE "hidden_message" DROP "version"`);
    await runner.query(`DROP INDEX "member_version"`);
  }
}

const UP = [
  // Cursors leave the version as it is, so that their updates stay off the index (HOT).
  `CREATE INDEX "member_version" ON "member" ("conversation_id", "version")`,
  `ALTER TABLE "hidden_message" ADD "version" bigint NOT NULL DEFAULT 0`,
  // Nobody can say any more who has been told of these, so everybody is told again.
  `UPDATE "hidden_message" h SET "version" = c.version FROM "conversation" c WHERE c.id = h.conversation_id`,
  `ALTER TABLE "conversation" ADD "members_version" bigint NOT NULL DEFAULT 0`,
  `UPDATE "conversation" SET "members_version" = "version"`,
];
