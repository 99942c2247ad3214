import fc from 'fast-check';
import { type Door, propertiesOf } from './doors';

/** Values by the name of a property, that may be right. */
export type Pantry = Record<string, fc.Arbitrary<unknown>>;

/** With an own property of such a name, which no literal makes. */
const withOwn = (name: string, value: unknown) =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object;

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

/** Objects that only look as if they had what every object has. */
export const impostors: readonly unknown[] = [
  ...['toString', 'valueOf', 'toJSON', 'then', 'length', 'hasOwnProperty', 'constructor', '__proto__'],
].flatMap((name) => [withOwn(name, false), withOwn(name, {}), withOwn(name, 'x'), [withOwn(name, null)]]);

/** What breaks servers. */
export const hostile: readonly unknown[] = [
  ...impostors,
  ...[null, '', ' ', 0, -1, 1.5, 2 ** 53, 1e308, 5e-324, true, false, [], {}, [[]], [null], [{}]],
  ...['\u0000', 'a\u0000b', '\ud800', '\udfff\ud800', '\u202e', '\ufeff', 'x'.repeat(20_000), '1e400', 'NaN'],
  ...['null', 'undefined', '-1', '0x10', '١', '%', '%00', "' OR 1=1 --", '%_\\', '\r\nX: y', '\u001b[2J'],
  ...['9'.repeat(400), '1'.repeat(30), '2026-01-01', '../..', '${7*7}', '(a+)+$', 'a'.repeat(65) + '👍🏽'],
  ...[deep(20), deep(200), Array.from({ length: 2_000 }, () => 'x'), Array.from({ length: 300 }, () => null)],
];

/** That, and whatever else JSON can say. */
export const wild: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...hostile),
  fc.uuid(),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** What is right, but for one property after the other, which is each of the values in turn. */
export function inTurn(door: Door, pantry: Pantry, values: readonly unknown[], seed: number): object[] {
  const names = door.body ? propertiesOf(door.body) : [];
  const good = fc.record(Object.fromEntries(names.map((name) => [name, pantry[name] ?? fc.uuid()])));
  const [whole] = fc.sample(good, { numRuns: 1, seed });
  return names.flatMap((name) => values.map((value) => ({ ...whole, [name]: value })));
}

/** Mostly what may be right, at times something else, missing, or more. */
export function objectOf(names: readonly string[], pantry: Pantry): fc.Arbitrary<Record<string, unknown>> {
  const property = (name: string) =>
    fc.oneof({ weight: 6, arbitrary: pantry[name] ?? fc.uuid() }, { weight: 1, arbitrary: wild });
  const whole = fc.record(Object.fromEntries(names.map((name) => [name, property(name)])));
  const partial = fc.record(Object.fromEntries(names.map((name) => [name, property(name)])), {
    requiredKeys: [],
  });
  const more = fc.dictionary(fc.string({ maxLength: 12 }), wild, { maxKeys: 2 });
  const odd = fc
    .constantFrom('__proto__', 'constructor', 'toString', 'role', 'senderId', 'isAdmin')
    .map((name) => withOwn(name, { admin: true }));
  return fc.oneof(
    { weight: 5, arbitrary: whole },
    { weight: 5, arbitrary: partial },
    { weight: 1, arbitrary: fc.tuple(whole, fc.oneof(more, odd)).map(([a, b]) => merged(a, b)) },
  );
}

/** As a spread would, but for `__proto__`, which it would not keep. */
function merged(a: object, b: object): Record<string, unknown> {
  const all = [...Object.entries(a), ...Object.entries(b)].map(([key, value]) => {
    return `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`;
  });
  return JSON.parse(`{${all.join(',')}}`) as Record<string, unknown>;
}

/** The data of an event, or a body. */
export function bodyOf(door: Door, pantry: Pantry): fc.Arbitrary<unknown> {
  const names = door.body ? propertiesOf(door.body) : ['accessToken'];
  return fc.oneof({ weight: 12, arbitrary: objectOf(names, pantry) }, { weight: 1, arbitrary: wild });
}

/** A path as it should be. */
export function pathOf(door: Door, pantry: Pantry, seed: number): string {
  return door.path!.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const [value] = fc.sample(pantry[name] ?? fc.uuid(), { numRuns: 1, seed });
    return percented(text(value));
  });
}

/** A path with its query. */
export function targetOf(door: Door, pantry: Pantry): fc.Arbitrary<string> {
  const parts = door.path!.split('/').map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name ? piece(pantry[name] ?? fc.uuid()) : fc.constant(part);
  });
  const queries = objectOf(door.query ? propertiesOf(door.query) : [], pantry);
  const query = fc.oneof(queries.map(toQuery), fc.string({ unit: 'binary', maxLength: 20 }).map(percented));
  return fc
    .tuple(
      fc.tuple(...parts).map((all) => all.join('/')),
      query,
    )
    .map(([path, text]) => `${path}?${text}`);
}

function piece(good: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const one = fc.oneof({ weight: 10, arbitrary: good }, { weight: 1, arbitrary: wild });
  const broken = fc.constantFrom('%', '%ff', '%00', '%2e%2e', '%c0%af', 'x'.repeat(9_000));
  return fc.oneof({ weight: 20, arbitrary: one.map((value) => percented(text(value)) || '%20') }, broken);
}

function toQuery(values: Record<string, unknown>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => {
      const list = Array.isArray(value) && value.length < 50 ? (value as unknown[]) : [value];
      const key = typeof value === 'object' && value && !Array.isArray(value) ? `${name}[toString]` : name;
      return list.map(
        (item) => `${percented(key)}=${percented(name === 'wait' ? patient(item) : text(item))}`,
      );
    })
    .join('&');
}

/** Nobody waits for news here. */
const patient = (value: unknown) => (Number(value) > 0 ? '-1' : text(value));

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Every byte of it, lone surrogates too. */
function percented(value: string): string {
  const bytes = [...Buffer.from(value.slice(0, 3_000))];
  return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
