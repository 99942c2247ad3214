import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** A setting that cannot be used; its message is one sentence that names the setting. */
export class EnvError extends Error {}

export type Source = Record<string, string | undefined>;

/** Reads single values; each complaint names its variable and what it may be. */
export class Reader {
  constructor(private readonly source: Source) {}

  /** Null when not set; a variable set to nothing is not set. */
  optional(name: string): string | null {
    return this.source[name]?.trim() || null;
  }

  text(name: string, fallback: string): string {
    return this.optional(name) ?? fallback;
  }

  integer(name: string, fallback: number, min: number, max: number, or = ''): number {
    const text = this.optional(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new EnvError(`${name} is "${text}": it must be ${or}a whole number from ${min} to ${max}.`);
    }
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const text = this.optional(name);
    if (text === null) return fallback;
    if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
    if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false;
    throw new EnvError(`${name} is "${text}": it must be 1 or 0.`);
  }

  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const text = this.optional(name);
    if (text === null) return fallback;
    if (!values.includes(text as T)) {
      throw new EnvError(`${name} is "${text}": it must be one of ${values.join(', ')}.`);
    }
    return text as T;
  }

  listOf<T extends string>(name: string, values: readonly T[]): T[] {
    const words = this.optional(name)?.split(',') ?? [];
    return words.map((word) => {
      const value = values.find((each) => each === word.trim());
      if (value !== undefined) return value;
      throw new EnvError(`${name} has "${word.trim()}": it may name ${values.join(', ')}, with commas.`);
    });
  }

  /** Words with commas between; none when not set. */
  words(name: string): string[] {
    return (this.optional(name)?.split(',') ?? []).map((word) => word.trim()).filter(Boolean);
  }

  url(name: string, protocols: string[]): string | null {
    const text = this.optional(name);
    if (text !== null) this.checkUrl(name, text, protocols);
    return text;
  }

  urls(name: string, protocols: string[]): string[] {
    const texts = (this.optional(name)?.split(',') ?? []).map((text) => text.trim());
    for (const text of texts) this.checkUrl(name, text, protocols);
    return texts;
  }

  origins(name: string): string[] {
    const texts = (this.optional(name)?.split(',') ?? []).map((text) => text.trim());
    for (const text of texts) {
      if (isOrigin(text)) continue;
      throw new EnvError(
        `${name} has "${text}": each must be an origin as browsers write it, such as https://app.example.org, with commas.`,
      );
    }
    return texts;
  }

  private checkUrl(name: string, text: string, protocols: string[]): void {
    // The value may hold a password, so it is not repeated.
    if (!URL.canParse(text))
      throw new EnvError(`${name} is not a URL: it must start with ${protocols[0]}//.`);
    if (!protocols.includes(new URL(text).protocol)) {
      throw new EnvError(
        `${name} is no ${protocols[0]}// URL: it must start with ${protocols.join('// or ')}//.`,
      );
    }
  }

  file(name: string): string | null {
    const path = this.optional(name);
    if (path === null) return null;
    if (!existsSync(path)) throw new EnvError(`${name} is "${path}": there is no such file.`);
    return resolve(path);
  }
}

/** Schemes of apps too, such as capacitor://localhost, of which URL tells no origin. */
function isOrigin(text: string): boolean {
  if (!/^https?:/i.test(text)) return /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?$/.test(text);
  return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text;
}
