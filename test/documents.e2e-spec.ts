import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type ClientEvent, CLOSE, ERRORS, LIMITS, type ServerEvent } from '@parley/protocol';

const ROOT = join(__dirname, '..');
const SKIPPED = ['node_modules', 'dist', 'coverage'];

// Types leave nothing behind to compare with: the compiler holds these lists against them.
const CLIENT_EVENTS: Record<ClientEvent, true> = {
  auth: true,
  'auth.refresh': true,
  ping: true,
  'message.send': true,
  'message.edit': true,
  'message.delete': true,
  'reaction.set': true,
  'pin.set': true,
  'typing.set': true,
  'receipt.delivered': true,
  'receipt.read': true,
  'presence.set': true,
  'presence.watch': true,
  sync: true,
  changes: true,
};
const SERVER_EVENTS: Record<ServerEvent, true> = {
  ready: true,
  'session.ending': true,
  'server.draining': true,
  error: true,
  'message.created': true,
  'message.updated': true,
  'message.hidden': true,
  'receipt.updated': true,
  'unread.updated': true,
  'typing.changed': true,
  'presence.changed': true,
  'conversation.created': true,
  'conversation.updated': true,
  'conversation.removed': true,
  'member.changed': true,
  'contact.changed': true,
};

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The text between a heading of the second level and the next one. */
function section(file: string, heading: string): string {
  const found = read(file)
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`${file} has no section "${heading}"`);
  return found;
}

/** The rows of a section's tables, without head and rule. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const isRule = (line: string | undefined) => /^[| :-]+$/.test(line ?? '|');
  return lines
    .filter((line, i) => !isRule(line) && !isRule(lines[i + 1] ?? ''))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

const headings = (text: string) => [...text.matchAll(/^### `(.+)`$/gm)].map((match) => match[1]);

describe('docs/protocol.md', () => {
  const protocol = 'docs/protocol.md';

  it('has the table of errors', () => {
    expect(rows(section(protocol, 'Errors'))).toEqual(
      Object.entries(ERRORS).map(([code, { status, retryable, message }]) => {
        return [`\`${code}\``, String(status), retryable ? 'yes' : 'no', message];
      }),
    );
  });

  it('has the table of close codes', () => {
    expect(rows(section(protocol, 'Close codes'))).toEqual(
      Object.values(CLOSE).map(({ code, reason, advice }) => [String(code), `\`${reason}\``, advice]),
    );
  });

  it('has the limits', () => {
    const limits = rows(section(protocol, 'Limits')).map(([name, value]) => [name, Number(value)]);
    expect(limits).toEqual(Object.entries(LIMITS).map(([name, value]) => [`\`${name}\``, value]));
  });

  it('describes every event of either side', () => {
    expect(headings(section(protocol, 'Client events')).sort()).toEqual(Object.keys(CLIENT_EVENTS).sort());
    expect(headings(section(protocol, 'Server events')).sort()).toEqual(Object.keys(SERVER_EVENTS).sort());
  });

  it('names every route of the OpenAPI document', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `\`${method.toUpperCase()} ${path}\``),
    );
    const named = rows(section(protocol, 'REST')).map(([route]) => route);
    expect(named.sort()).toEqual(routes.sort());
  });
});

describe('docs/operations.md', () => {
  it('names every setting and no other', () => {
    const settings = [...read('.env.example').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map((match) => match[1]);
    const named = rows(section('docs/operations.md', 'Settings')).flatMap(([, cell]) =>
      [...(cell ?? '').matchAll(/`([A-Z][A-Z_]+)(?:=\d)?`/g)].map((match) => match[1]),
    );
    expect([...new Set(named)].sort()).toEqual(settings.sort());
  });
});

describe('links', () => {
  const documents = markdownIn(ROOT).map((file) => relative(ROOT, file));

  it('are there to be looked at', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', join('docs', 'protocol.md')]));
  });

  it.each(documents)('of %s lead somewhere', (document) => {
    const broken = linksOf(read(document)).filter((link) => !leadsSomewhere(document, link));
    expect(broken).toEqual([]);
  });
});

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith('.') || SKIPPED.includes(entry.name) ? [] : markdownIn(path);
    }
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Targets within the repository; code is no place for links. */
function linksOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(read(target)).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]*`/g, '');
}
