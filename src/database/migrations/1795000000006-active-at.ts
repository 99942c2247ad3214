import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A conversation's place in lists is that of its newest message: reactions and pins do not move it. */
export class ActiveAt1795000000006 implements MigrationInterface {
  readonly name = 'ActiveAt1795000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "conversation" RENAME "changed_at" TO "active_at"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "conversation" RENAME "active_at" TO "changed_at"`);
  }
}
