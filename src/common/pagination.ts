import type { Page } from '@parley/protocol';
import { DomainError } from './domain-error';

/** The place after which the next page starts, opaque to clients. */
export function encodeCursor(...parts: (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor, or `cursor_invalid` when it does not hold what it should. */
export function decodeCursor(cursor: string, patterns: RegExp[]): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === patterns.length) {
      const texts = parts.map(String);
      if (texts.every((text, i) => patterns[i]?.test(text))) return texts;
    }
  } catch {
    // Told below: whatever is wrong with a cursor, the client does the same.
  }
  throw new DomainError('cursor_invalid');
}

/** A page from one row more than its size, which only tells whether there is a next one. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toCursor: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    cursor: rows.length > limit && last ? toCursor(last) : null,
  };
}

export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
