import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Poller } from '../common/poller';
import { ContactsService } from './contacts.service';
import { ProfileCache } from './profile-cache';
import { DELETED_USER_NAME } from './to-user';

/** What a module does about an account that goes; it may be run again, so it must be idempotent. */
export type DeletionStep = (userId: string) => Promise<void>;

const RESUME_PAUSE_MS = 60_000;
const RESUME_BATCH = 20;

/** Deletes accounts: irreversible from its first statement on, and taken up again wherever it stopped. */
@Injectable()
export class AccountDeletion implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AccountDeletion.name);
  private readonly steps: { name: string; step: DeletionStep }[] = [];
  private readonly resumer = new Poller('resuming deletions of accounts', RESUME_PAUSE_MS, () =>
    this.resume('1 minute'),
  );
  private resumed: Promise<void> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly contacts: ContactsService,
    private readonly profiles: ProfileCache,
  ) {}

  /** Registers a step; `first` is for what shuts the person out, whichever module registers when. */
  addStep(name: string, step: DeletionStep, { first = false } = {}): void {
    if (first) this.steps.unshift({ name, step });
    else this.steps.push({ name, step });
  }

  onApplicationBootstrap(): void {
    this.resumed = this.resume('0').catch((error: unknown) =>
      this.logger.warn(`not resumed: ${String(error)}`),
    );
    this.resumer.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.resumed, this.resumer.stop()]);
  }

  /** Ends when the account is gone, or, should a step fail, is shut out and left to be finished later. */
  async run(userId: string): Promise<void> {
    await this.begin(userId);
    try {
      await this.finish(userId);
    } catch (error) {
      this.logger.warn(`the deletion of ${userId} is resumed later: ${String(error)}`);
    }
  }

  private async begin(userId: string): Promise<void> {
    // FOR UPDATE waits for log-ins and contacts that are being made; later ones find the account gone.
    await this.source.query(
      `WITH u AS (SELECT id FROM "user" WHERE id = $1 AND deletion_started_at IS NULL FOR UPDATE)
       UPDATE "user" SET deletion_started_at = now() FROM u WHERE "user".id = u.id`,
      [userId],
    );
    await this.profiles.forget(userId);
  }

  private async finish(userId: string): Promise<void> {
    for (const { name, step } of this.steps) {
      try {
        await step(userId);
      } catch (error) {
        throw new Error(`step "${name}" failed: ${String(error)}`, { cause: error });
      }
    }
    await this.contacts.removeAll(userId);
    // The subject stays: by it the account would be made anew.
    await this.source.query(
      'UPDATE identity SET username_claim = NULL, display_name_claim = NULL WHERE user_id = $1',
      [userId],
    );
    await this.source.query(
      `UPDATE "user" SET username = NULL, password_hash = NULL, administrator = false,
         display_name = $2, last_seen_at = NULL, deleted_at = now()
       WHERE id = $1 AND deleted_at IS NULL`,
      [userId, DELETED_USER_NAME],
    );
    await this.profiles.forget(userId);
  }

  /**
   * Takes up deletions that a crash or a failed step left; those of the last moments are still being run.
   * In any order, so that some which fail every time do not keep the others waiting.
   */
  private async resume(age: string): Promise<void> {
    const rows: { id: string }[] = await this.source.query(
      `SELECT id FROM "user"
       WHERE deletion_started_at < now() - $1::interval AND deleted_at IS NULL
       ORDER BY random() LIMIT ${RESUME_BATCH}`,
      [age],
    );
    for (const { id } of rows) await this.run(id);
  }
}
