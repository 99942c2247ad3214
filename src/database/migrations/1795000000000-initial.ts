import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts, sessions, contacts, conversations, members, messages, the commit feed. */
export class Initial1795000000000 implements MigrationInterface {
  readonly name = 'Initial1795000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE "commit_feed", "message", "member", "conversation", "contact", "session", "user"',
    );
  }
}

const UP = [
  `CREATE TABLE "user" (
    "id" uuid NOT NULL,
    "username" varchar(32),
    "display_name" varchar(64) NOT NULL,
    "password_hash" varchar(255),
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    "last_seen_at" timestamptz(3),
    "deletion_started_at" timestamptz(3),
    "deleted_at" timestamptz(3),
    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
  )`,
  `CREATE UNIQUE INDEX "user_username" ON "user" ("username")`,
  // text_pattern_ops: a prefix search is an index range whatever the database's collation.
  `CREATE INDEX "user_username_prefix" ON "user" ("username" text_pattern_ops)`,
  `CREATE INDEX "user_display_name_prefix" ON "user" (lower("display_name") text_pattern_ops)`,

  `CREATE TABLE "session" (
    "id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "device_id" uuid,
    "device_name" varchar(100),
    "refresh_hash" bytea NOT NULL,
    "previous_hash" bytea,
    "rotated_at" timestamptz(3) NOT NULL DEFAULT now(),
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    "expires_at" timestamptz(3) NOT NULL,
    "revoked_at" timestamptz(3),
    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
  )`,
  `CREATE INDEX "session_user" ON "session" ("user_id")`,
  `CREATE INDEX "session_revoked" ON "session" ("revoked_at") WHERE revoked_at IS NOT NULL`,

  `CREATE TABLE "contact" (
    "user_id" uuid NOT NULL,
    "contact_id" uuid NOT NULL,
    "state" varchar(16) NOT NULL,
    "since" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "contact_pkey" PRIMARY KEY ("user_id", "contact_id")
  )`,
  `CREATE INDEX "contact_to_user" ON "contact" ("contact_id", "state")`,

  // Every send updates its conversation: room on the page keeps those updates off the indexes (HOT).
  `CREATE TABLE "conversation" (
    "id" uuid NOT NULL,
    "kind" varchar(8) NOT NULL,
    "title" varchar(100),
    "direct_key" varchar(73),
    "history_visible" boolean NOT NULL DEFAULT false,
    "created_by" uuid NOT NULL,
    "request_hash" bytea,
    "last_seq" bigint NOT NULL DEFAULT 0,
    "version" bigint NOT NULL DEFAULT 0,
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    "changed_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "conversation_pkey" PRIMARY KEY ("id")
  ) WITH (fillfactor = 70)`,
  `CREATE UNIQUE INDEX "conversation_direct_key" ON "conversation" ("direct_key")`,

  `CREATE TABLE "member" (
    "conversation_id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "role" varchar(8) NOT NULL DEFAULT 'member',
    "joined_seq" bigint NOT NULL DEFAULT 0,
    "delivered_seq" bigint NOT NULL DEFAULT 0,
    "read_seq" bigint NOT NULL DEFAULT 0,
    "version" bigint NOT NULL DEFAULT 0,
    "left_at" timestamptz(3),
    CONSTRAINT "member_pkey" PRIMARY KEY ("conversation_id", "user_id")
  ) WITH (fillfactor = 80)`,
  `CREATE INDEX "member_of_user" ON "member" ("user_id", "conversation_id") WHERE left_at IS NULL`,

  // No foreign keys on messages: each would cost a look-up per row of every send.
  `CREATE TABLE "message" (
    "conversation_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "request_hash" bytea,
    "seq" bigint NOT NULL,
    "version" bigint NOT NULL,
    "sender_id" uuid NOT NULL,
    "kind" varchar(32) NOT NULL,
    "text" text,
    "metadata" jsonb,
    "mentions" uuid array,
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "message_pkey" PRIMARY KEY ("conversation_id", "id")
  )`,
  `CREATE UNIQUE INDEX "message_seq" ON "message" ("conversation_id", "seq")`,

  // Not an entity: xid8 is no type of TypeORM's, and only commit-feed.ts touches it.
  `CREATE TABLE "commit_feed" (
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "node" uuid NOT NULL,
    "conversation_ids" uuid array NOT NULL,
    "versions" bigint array NOT NULL,
    "committed_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "commit_feed_pkey" PRIMARY KEY ("xid", "node")
  )`,
  `CREATE INDEX "commit_feed_committed_at" ON "commit_feed" ("committed_at")`,
];
