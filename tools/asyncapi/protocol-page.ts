import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRORS, type ErrorCode } from '@parley/protocol';

/** What docs/protocol.md says of an event. */
export interface Said {
  readonly description: string;
  readonly errors: ErrorCode[];
}

/** docs/protocol.md, as far as it tells of events in words. */
export class ProtocolPage {
  private constructor(private readonly sections: ReadonlyMap<string, string>) {}

  static async read(root: string): Promise<ProtocolPage> {
    const page = await readFile(join(root, 'docs/protocol.md'), 'utf8');
    const sections = page.split(/^(?=#{2,3} )/m).map((text) => {
      const [head = '', ...body] = text.split('\n');
      return [head.replace(/^#+ /, '').replaceAll('`', ''), body.join('\n')] as const;
    });
    return new ProtocolPage(new Map(sections));
  }

  /** Throws when it is silent about an event. */
  of(event: string): Said {
    const section = this.sections.get(event);
    if (section === undefined) throw new Error(`docs/protocol.md has no section on ${event}`);
    const [first = ''] = section.trim().split('\n\n');
    const errors = section.split('\n').find((line) => line.startsWith('- errors:')) ?? '';
    return {
      description: plain(first.startsWith('-') ? '' : first),
      errors: [...errors.matchAll(/`([a-z_]+)`/g)]
        .map(([, code]) => code as ErrorCode)
        .filter((code) => code in ERRORS),
    };
  }
}

/** Links lead nowhere outside of the page. */
function plain(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('\n', ' ');
}
