import { Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../common/clock';
import { DomainError } from '../../common/domain-error';
import type { IssuerSettings } from '../../config/issuer-settings';
import { readJson } from './read-json';

type Settings = Pick<
  IssuerSettings,
  'issuer' | 'jwksUrl' | 'keysRefreshSeconds' | 'keysMaxAgeSeconds' | 'keysCooldownSeconds'
>;

interface Held {
  readonly find: JWTVerifyGetKey;
  readonly text: string;
  readAt: number;
}

/**
 * The public keys of an issuer.
 *
 * They are read again when they have become old, in the background, and when a token names one that is not
 * among them: then once for all who ask at the same time, and not sooner than a while after the last time,
 * so that nobody has us ask the issuer by inventing keys. When the issuer is away, those at hand go on for
 * as long as the settings allow; then nobody is let in.
 */
export class IssuerKeys {
  /** Grows whenever the keys are others than before: what was checked with earlier ones is to be checked again. */
  version = 0;
  private readonly logger = new Logger(IssuerKeys.name);
  private held: Held | undefined;
  private reading: Promise<void> | undefined;
  private triedAt = -Infinity;
  private failed = false;

  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Whether the keys at hand may still be used; has them read again when it is time. */
  areGood(): boolean {
    const age = this.age();
    if (age >= this.settings.keysRefreshSeconds && this.mayTry()) void this.read();
    return age < this.settings.keysMaxAgeSeconds;
  }

  /** The key of a token, as jose asks for it: by `kid` and algorithm, whatever else the header says. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.areGood()) await this.readNow();
    try {
      return await this.among(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.readForUnknown(error);
      return this.among(header, token);
    }
  };

  private among: JWTVerifyGetKey = (header, token) => {
    if (!this.held || !this.areGood()) throw new DomainError('unavailable');
    // Only these: what a header brings along or points to is the sender's own word.
    const { alg, kid } = header;
    return this.held.find({ alg, ...(kid !== undefined && { kid }) }, token);
  };

  private async readNow(): Promise<void> {
    if (!this.reading && !this.mayTry()) throw new DomainError('unavailable');
    await this.read();
  }

  private async readForUnknown(unknown: Error): Promise<void> {
    if (this.reading || this.mayTry()) await this.read();
    else if (!this.failed) throw unknown;
    // It may be new, and nobody can tell us.
    if (this.failed) throw new DomainError('unavailable');
  }

  private mayTry(): boolean {
    return !this.reading && this.clock.now() - this.triedAt >= this.settings.keysCooldownSeconds * 1_000;
  }

  /** Seconds. */
  private age(): number {
    return this.held ? (this.clock.now() - this.held.readAt) / 1_000 : Infinity;
  }

  /** One at a time; never rejects. */
  private read(): Promise<void> {
    this.reading ??= this.fetch().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async fetch(): Promise<void> {
    this.triedAt = this.clock.now();
    try {
      this.take(await readJson(this.settings.jwksUrl ?? (await this.discover())));
      if (this.failed) this.logger.log('the keys of the issuer can be read again');
      this.failed = false;
    } catch (error) {
      if (!this.failed) this.logger.warn(`the keys of the issuer cannot be read: ${String(error)}`);
      this.failed = true;
    }
  }

  private take(found: unknown): void {
    const find = createLocalJWKSet(found as JSONWebKeySet);
    const text = JSON.stringify(found);
    if (text !== this.held?.text) this.version++;
    this.held = { find, text, readAt: this.triedAt };
  }

  private async discover(): Promise<string> {
    const { issuer } = this.settings;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { issuer: named, jwks_uri: keys } = (await readJson(url)) as Record<string, unknown>;
    if (named !== issuer) throw new Error('its discovery document is that of another issuer');
    if (typeof keys !== 'string' || !URL.canParse(keys)) throw new Error('it names no keys');
    if (new URL(issuer).protocol === 'https:' && new URL(keys).protocol !== 'https:') {
      throw new Error('it names keys that are not read over TLS');
    }
    return keys;
  }
}
