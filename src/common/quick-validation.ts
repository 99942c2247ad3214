import { TransformationType } from 'class-transformer';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { getMetadataStorage, ValidationTypes, type ValidationArguments } from 'class-validator';

type Class<T extends object = object> = new () => T;
type Condition = (object: object, value: unknown) => boolean;
type Transform = (params: {
  value: unknown;
  key: string;
  obj: object;
  type: TransformationType;
  options: object;
}) => unknown;

interface Rule {
  readonly each: boolean;
  readonly args: ValidationArguments;
  readonly validate: (value: unknown, args: ValidationArguments) => unknown;
}

/** What a class's decorators say of one property. */
interface Checks {
  readonly property: string;
  readonly conditions: readonly Condition[];
  readonly rules: readonly Rule[];
  /** What class-transformer does with it besides; null where it is more than calling these. */
  readonly transforms: readonly Transform[] | null;
}

/** By class; null is one whose decorators are not all understood here. */
const known = new Map<unknown, ReadonlyMap<string, Checks> | null>();

/**
 * Whether an object certainly meets what class-validator's decorators ask of its class.
 *
 * class-validator looks its rules up for every object, and makes an error for every property before it
 * looks: 9 of the 12 µs that its pipe costs a frame. Almost all frames are good, and that can be told
 * from the same rules, gathered once a class. `false` tells nothing: class-validator then says what is wrong.
 */
export function certainlyPasses(object: object): boolean {
  const checks = checksOf(object.constructor);
  if (!checks) return false;
  for (const key of Object.keys(object)) if (!checks.has(key)) return false;
  return meetsAll(object, checks);
}

/**
 * The instance of a class that class-transformer and class-validator would make of plain data, or null where
 * that cannot be told quickly: they then do it, or say what is wrong.
 */
export function readQuickly<T extends object>(target: Class<T>, plain: object): T | null {
  const checks = checksOf(target);
  if (!checks) return null;
  const object = new target();
  for (const [key, value] of Object.entries(plain) as [string, unknown][]) {
    const own = checks.get(key);
    if (!own?.transforms || !isFlat(value)) return null;
    let read: unknown = Array.isArray(value) ? [...(value as unknown[])] : value;
    for (const transform of own.transforms) {
      read = transform({
        value: read,
        key,
        obj: plain,
        type: TransformationType.PLAIN_TO_CLASS,
        options: {},
      });
    }
    (object as Record<string, unknown>)[key] = read;
  }
  return meetsAll(object, checks) ? object : null;
}

/** What is copied as it is. */
function isFlat(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item !== 'object' || item === null);
  return typeof value !== 'object' || value === null;
}

function meetsAll(object: object, checks: ReadonlyMap<string, Checks>): boolean {
  for (const each of checks.values()) if (!meets(object, each)) return false;
  return true;
}

function meets(object: object, { property, conditions, rules }: Checks): boolean {
  const value = (object as Record<string, unknown>)[property];
  for (const applies of conditions) if (!applies(object, value)) return true;
  for (const { each, args, validate } of rules) {
    // One for all objects: validators look at it and keep nothing of it.
    args.object = object;
    args.value = value;
    if (each && Array.isArray(value)) {
      for (const item of value) if (validate(item, args) !== true) return false;
    } else if ((each && isCollection(value)) || validate(value, args) !== true) return false;
  }
  return true;
}

function isCollection(value: unknown): boolean {
  return value instanceof Set || value instanceof Map;
}

function checksOf(target: object): ReadonlyMap<string, Checks> | null {
  let checks = known.get(target);
  if (checks === undefined) known.set(target, (checks = gather(target)));
  return checks;
}

/** Only what is the same for every object of a class, and answers at once. */
function gather(target: object): ReadonlyMap<string, Checks> | null {
  if (!isClass(target)) return null;
  const storage = getMetadataStorage();
  const metadatas = storage.getTargetValidationMetadatas(target, '', false, false);
  if (metadatas.length === 0) return null;
  const checks = new Map<string, Checks & { conditions: Condition[]; rules: Rule[] }>();
  for (const metadata of metadatas) {
    const { propertyName: property, type, constraints, each, constraintCls, validateIf } = metadata;
    const own = checks.get(property) ?? {
      ...{ property, conditions: [], rules: [], transforms: transformsOf(target, property) },
    };
    checks.set(property, own);
    if (type === ValidationTypes.CONDITIONAL_VALIDATION) own.conditions.push(constraints[0] as Condition);
    else if (type === ValidationTypes.CUSTOM_VALIDATION && !validateIf) {
      const args = { targetName: target.name, property, constraints, object: {}, value: undefined };
      for (const { async, instance } of storage.getTargetValidatorConstraints(constraintCls)) {
        if (async) return null;
        own.rules.push({ each, args, validate: (value, seen) => instance.validate(value, seen) });
      }
    } else if (type !== ValidationTypes.WHITELIST) return null;
  }
  return checks;
}

function isClass(target: object): target is Class {
  return typeof target === 'function';
}

function transformsOf(target: Class, property: string): readonly Transform[] | null {
  const storage = defaultMetadataStorage;
  const isMore =
    storage.findTypeMetadata(target, property) !== undefined ||
    storage.getExposedMetadatas(target).length > 0 ||
    storage.getExcludedMetadatas(target).length > 0;
  if (isMore) return null;
  const found = storage.findTransformMetadatas(target, property, TransformationType.PLAIN_TO_CLASS);
  return found.some(({ options }) => options.groups) ? null : found.map(({ transformFn }) => transformFn);
}
