import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who people are to an outside issuer, and sessions that it keeps: those have no refresh token of ours. */
export class Identities1795000000012 implements MigrationInterface {
  readonly name = 'Identities1795000000012';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `CREATE TABLE "identity" (
    "issuer" varchar(255) NOT NULL,
    "subject" varchar(255) NOT NULL,
    "user_id" uuid NOT NULL,
    "username_claim" varchar(255),
    "display_name_claim" varchar(255),
    "claims_at" timestamptz(3) NOT NULL,
    "valid_after" timestamptz(3),
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "identity_pkey" PRIMARY KEY ("issuer", "subject")
  )`,
  `CREATE INDEX "identity_user" ON "identity" ("user_id")`,
  `ALTER TABLE "session" ALTER "refresh_hash" DROP NOT NULL`,
];

const DOWN = [
  `DELETE FROM "session" WHERE refresh_hash IS NULL`,
  `ALTER TABLE "session" ALTER "refresh_hash" SET NOT NULL`,
  `DROP TABLE "identity"`,
];
