import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsUUID } from 'class-validator';
import { uuidv7 } from 'uuidv7';

/** A new id; ids made later sort later. */
export function newId(): string {
  return uuidv7();
}

/** A UUID of any version; letters are lowered, so that one id is one string everywhere. */
export function IsId(options?: { each?: boolean }): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => lower(value)),
    IsUUID('loose', options),
  );
}

function lower(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  return Array.isArray(value) ? value.map(lower) : value;
}
