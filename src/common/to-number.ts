import { Transform } from 'class-transformer';

/** A whole number that a query gives as text is read as one; all else is left to be refused. */
export function ToNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
  );
}
