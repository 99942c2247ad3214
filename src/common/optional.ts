import { ValidateIf } from 'class-validator';

/** It may be missing; null is no way to say so, where it would be taken for a value. */
export function MayBeMissing(): PropertyDecorator {
  return ValidateIf((_: unknown, value: unknown) => value !== undefined);
}
