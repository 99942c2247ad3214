import type { PipeTransform } from '@nestjs/common';
import { DomainError } from '../common/domain-error';
import { isReactionKind } from '../common/text';

/** An emoji in a path, URL-encoded. */
export class ReactionKindParam implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isReactionKind(value)) throw new DomainError('payload_invalid', 'The path names no emoji.');
    return value;
  }
}
