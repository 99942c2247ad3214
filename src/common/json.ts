/** Deeper than any request needs; class-transformer calls itself once a level. */
const MAX_DEPTH = 32;
/** Nest's pipe takes these out without a word, wherever they are. */
const REFUSED_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Whether a request can be copied into a DTO without losing a key or running out of stack. */
export function isSafeJson(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isSafeJson(item, depth + 1));
  if (REFUSED_KEYS.some((key) => Object.hasOwn(value, key))) return false;
  return Object.values(value).every((item) => isSafeJson(item, depth + 1));
}
