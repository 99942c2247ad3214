import type { PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { DomainError } from './domain-error';

/** An id in a path: a UUID, in lower case from here on. */
export class IdParam implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUUID(value, 'loose')) throw new DomainError('payload_invalid', 'An id in the path is not a UUID.');
    return value.toLowerCase();
  }
}
