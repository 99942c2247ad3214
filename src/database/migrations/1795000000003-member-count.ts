import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many members a conversation has, so that lists need not count them. */
export class MemberCount1795000000003 implements MigrationInterface {
  readonly name = 'MemberCount1795000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "conversation" ADD "member_count" integer NOT NULL DEFAULT 0`);
    await runner.query(
      `UPDATE "conversation" c SET "member_count" = counted.members
       FROM (SELECT conversation_id, count(*) AS members FROM "member" WHERE left_at IS NULL GROUP BY 1) counted
       WHERE c.id = counted.conversation_id`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "conversation" DROP "member_count"`);
  }
}
