import { createHash } from 'node:crypto';

/** What tells a retry from another request under the same id: SHA-256, whatever the order of keys. */
export function requestHash(...parts: unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts, sortKeys)).digest();
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
