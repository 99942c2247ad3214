import { hash } from 'node:crypto';

/** What tells a retry from another request under the same id: SHA-256 in hex, whatever the order of keys. */
export function requestHash(...parts: unknown[]): string {
  // Asking for every value whether it has keys costs as much as all the rest, and few have.
  const json = parts.some(hasKeys) ? JSON.stringify(parts, sortKeys) : JSON.stringify(parts);
  return hash('sha256', json, 'hex');
}

function hasKeys(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (!Array.isArray(value) || value.some(hasKeys));
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
