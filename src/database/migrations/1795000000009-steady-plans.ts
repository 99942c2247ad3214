import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Plans that do not depend on how large the planner takes a conversation to be.
 *
 * By its statistics a conversation that has grown since they were taken has one row. Then every index that
 * begins with conversation_id looks equally good, and a message was looked up by reading all of its
 * conversation.
 */
export class SteadyPlans1795000000009 implements MigrationInterface {
  readonly name = 'SteadyPlans1795000000009';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // Takes away the statistics that are there; only partial indexes are made anew.
  `ALTER TABLE "message" ALTER "conversation_id" TYPE uuid`,
  // Without statistics of this column each conversation is taken for a 200th of the table.
  `ALTER TABLE "message" ALTER "conversation_id" SET STATISTICS 0`,
  // So many members would be dear wherever a statement looks at those of a few conversations: 50 in each.
  `ALTER TABLE "member" ALTER "conversation_id" SET STATISTICS 1, ALTER "conversation_id" SET (n_distinct = -0.02)`,
];

const DOWN = [
  `ALTER TABLE "member" ALTER "conversation_id" RESET (n_distinct), ALTER "conversation_id" SET STATISTICS -1`,
  `ALTER TABLE "message" ALTER "conversation_id" SET STATISTICS -1`,
];
