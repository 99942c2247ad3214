import { parseArgs } from 'node:util';
import { Refusal } from './refusal';

/** The options of a command line, each with a value but for the flags; `usage` is told with every complaint. */
export class Options {
  readonly positionals: string[];
  private readonly values: Record<string, string | boolean | undefined>;

  constructor(
    names: readonly string[],
    private readonly usage: string,
    /** Options without a value. */
    flags: readonly string[] = [],
    args = process.argv.slice(2),
  ) {
    try {
      const options = Object.fromEntries<{ type: 'string' | 'boolean' }>([
        ...names.map((name) => [name, { type: 'string' }] as const),
        ...flags.map((name) => [name, { type: 'boolean' }] as const),
      ]);
      const parsed = parseArgs({ args, options, allowPositionals: true });
      this.positionals = parsed.positionals;
      this.values = parsed.values;
    } catch (error) {
      throw this.refuse(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
    }
  }

  text(name: string): string | undefined;
  text(name: string, fallback: string): string;
  text(name: string, fallback?: string): string | undefined {
    return (this.values[name] as string | undefined) ?? fallback;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  /** A whole number of at least one; `word` is what else the caller takes. */
  count(name: string, fallback: number, word?: string): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (!/^[1-9]\d{0,8}$/.test(text)) {
      throw this.refuse(`--${name} must be a whole number from 1${word ? `, or ${word}` : ''}`);
    }
    return Number(text);
  }

  /** The address of a server. */
  url(name: string, fallback: string): string;
  url(name: string): string | undefined;
  url(name: string, fallback?: string): string | undefined {
    const text = this.text(name) ?? fallback;
    if (text === undefined || /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) return text;
    throw this.refuse(`--${name} must be an address such as http://localhost:3000`);
  }

  refuse(complaint: string): Refusal {
    return new Refusal(`${complaint}.\nUsage: ${this.usage}`);
  }
}
