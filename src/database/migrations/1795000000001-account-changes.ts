import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What nodes read of one another's changes to contacts; accounts whose deletion has not ended. */
export class AccountChanges1795000000001 implements MigrationInterface {
  readonly name = 'AccountChanges1795000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "contact_change"');
    await runner.query('DROP INDEX "user_deleting"');
  }
}

const UP = [
  // Not an entity: xid8 is no type of TypeORM's, and only contact-feed.ts touches it.
  `CREATE TABLE "contact_change" (
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "node" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "contact_id" uuid NOT NULL,
    "changed_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "contact_change_pkey" PRIMARY KEY ("xid", "user_id", "contact_id")
  )`,
  `CREATE INDEX "contact_change_changed_at" ON "contact_change" ("changed_at")`,

  `CREATE INDEX "user_deleting" ON "user" ("deletion_started_at")
    WHERE deletion_started_at IS NOT NULL AND deleted_at IS NULL`,
];
