import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Edits, deletions, reactions, replies, pins, mentions that can be counted. */
export class MessageChanges1795000000002 implements MigrationInterface {
  readonly name = 'MessageChanges1795000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `ALTER TABLE "message"
    ADD "mentions_all" boolean NOT NULL DEFAULT false,
    ADD "reply_to" uuid,
    ADD "reactions" jsonb,
    ADD "edited_at" timestamptz(3),
    ADD "deleted_at" timestamptz(3),
    ADD "pinned_at" timestamptz(3),
    ADD "pinned_by" uuid,
    ADD "changed_at" timestamptz(3)`,
  // What changed after it was written is found by version without an index entry for every send.
  `CREATE INDEX "message_changed" ON "message" ("conversation_id", "version") WHERE changed_at IS NOT NULL`,
  `CREATE INDEX "message_pinned" ON "message" ("conversation_id", "pinned_at") WHERE pinned_at IS NOT NULL`,
  `CREATE INDEX "message_mentions_all" ON "message" ("conversation_id", "seq") WHERE mentions_all`,

  `CREATE TABLE "reaction" (
    "conversation_id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "emoji" varchar(64) NOT NULL,
    "user_id" uuid NOT NULL,
    "created_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT "reaction_pkey" PRIMARY KEY ("conversation_id", "message_id", "emoji", "user_id")
  )`,
  // The first who reacted, and pages of all of them.
  `CREATE INDEX "reaction_order" ON "reaction" ("conversation_id", "message_id", "emoji", "created_at", "user_id")`,
  `CREATE TABLE "mention" (
    "user_id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "seq" bigint NOT NULL,
    CONSTRAINT "mention_pkey" PRIMARY KEY ("user_id", "conversation_id", "seq")
  )`,
  `INSERT INTO "mention" ("user_id", "conversation_id", "seq")
    SELECT DISTINCT unnest("mentions"), "conversation_id", "seq" FROM "message" WHERE "mentions" IS NOT NULL`,
  `CREATE TABLE "hidden_message" (
    "user_id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "seq" bigint NOT NULL,
    "hidden_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "hidden_message_pkey" PRIMARY KEY ("user_id", "conversation_id", "message_id")
  )`,
  // Who has hidden it is not told of its changes.
  `CREATE INDEX "hidden_message_by_message" ON "hidden_message" ("conversation_id", "message_id")`,
  `CREATE TABLE "message_edit" (
    "conversation_id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "version" bigint NOT NULL,
    "text" text,
    "mentions" uuid[],
    "edited_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT "message_edit_pkey" PRIMARY KEY ("conversation_id", "message_id", "version")
  )`,
];

const DOWN = [
  `DROP TABLE "message_edit", "hidden_message", "mention", "reaction"`,
  `DROP INDEX "message_mentions_all", "message_pinned", "message_changed"`,
  `ALTER TABLE "message"
    DROP "mentions_all", DROP "reply_to", DROP "reactions", DROP "edited_at", DROP "deleted_at",
    DROP "pinned_at", DROP "pinned_by", DROP "changed_at"`,
];
