import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Invites to groups, and who has been taken out of one by somebody else. */
export class Invites1795000000011 implements MigrationInterface {
  readonly name = 'Invites1795000000011';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `CREATE TABLE "invite" (
    "id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "token_hash" bytea NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    "expires_at" timestamptz(3),
    "max_uses" integer,
    "uses" integer NOT NULL DEFAULT 0,
    "revoked_at" timestamptz(3),
    CONSTRAINT "invite_pkey" PRIMARY KEY ("id")
  )`,
  `CREATE UNIQUE INDEX "invite_token" ON "invite" ("token_hash")`,
  `CREATE INDEX "invite_of_conversation" ON "invite" ("conversation_id")`,
  `CREATE TABLE "invite_use" (
    "invite_id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    CONSTRAINT "invite_use_pkey" PRIMARY KEY ("invite_id", "user_id")
  )`,

  // Who has been taken out so far is told by the entry that says so, written by the same transaction. Looked up
  // before the table is altered, which is locked from then on; and once for all, or each would cost a conversation.
  `SET LOCAL enable_nestloop = off`,
  `CREATE TEMPORARY TABLE "removal" ON COMMIT DROP AS
    SELECT m.conversation_id, m.user_id, e.sender_id
    FROM member m JOIN message e ON e.conversation_id = m.conversation_id AND e.created_at = m.left_at
    WHERE e.kind = 'system' AND e.metadata->>'type' = 'member.removed' AND e.metadata->>'userId' = m.user_id::text`,
  `SET LOCAL enable_nestloop = on`,
  `ALTER TABLE "member" ADD "removed_by" uuid`,
  `UPDATE "member" m SET "removed_by" = r.sender_id FROM "removal" r
    WHERE m.conversation_id = r.conversation_id AND m.user_id = r.user_id AND m.left_at IS NOT NULL`,
];

const DOWN = [`ALTER TABLE "member" DROP "removed_by"`, `DROP TABLE "invite_use", "invite"`];
