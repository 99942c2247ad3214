import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may act beside people: administrators, and the product by its API keys; passwords chosen anew. */
export class Operators1795000000013 implements MigrationInterface {
  readonly name = 'Operators1795000000013';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "password_reset", "api_key"');
    await runner.query('ALTER TABLE "user" DROP COLUMN "administrator"');
  }
}

const UP = [
  `ALTER TABLE "user" ADD "administrator" boolean NOT NULL DEFAULT false`,
  `CREATE TABLE "api_key" (
    "id" uuid NOT NULL,
    "name" varchar(64) NOT NULL,
    "scopes" varchar array NOT NULL,
    "secret_hash" bytea NOT NULL,
    "previous_hash" bytea,
    "previous_until" timestamptz(3),
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    "expires_at" timestamptz(3),
    "last_used_at" timestamptz(3),
    "previous_used_at" timestamptz(3),
    "revoked_at" timestamptz(3),
    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
  )`,
  `CREATE UNIQUE INDEX "api_key_name" ON "api_key" ("name") WHERE revoked_at IS NULL`,
  `CREATE TABLE "password_reset" (
    "user_id" uuid NOT NULL,
    "token_hash" bytea NOT NULL,
    "expires_at" timestamptz(3) NOT NULL,
    CONSTRAINT "password_reset_pkey" PRIMARY KEY ("user_id")
  )`,
];
