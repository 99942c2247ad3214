import { isDeepStrictEqual } from 'node:util';

/** Something that a server does otherwise than docs/protocol.md says; the message names it. */
export class Difference extends Error {}

/** A promise that cannot be looked at here, and why. */
export class NotChecked extends Error {}

export function must(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Difference(otherwise);
}

/** Compares; of an object only the properties that are named. */
export function same(found: unknown, wanted: unknown, what: string): void {
  if (!matches(found, wanted)) throw new Difference(`${what} is ${show(found)} instead of ${show(wanted)}`);
}

function matches(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((each, i) => matches(found[i], each))
    );
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(found, wanted);
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, value]) =>
    matches((found as Record<string, unknown>)[key], value),
  );
}

const LONG = 300;

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
