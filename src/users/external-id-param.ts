import { Injectable, type PipeTransform } from '@nestjs/common';
import { DomainError } from '../common/domain-error';
import { isStorableText } from '../common/text';

const LONGEST = 255;

/** An id of the product's own in a path: any text that can be stored, of at most 255 characters. */
@Injectable()
export class ExternalIdParam implements PipeTransform<string, string> {
  transform(text: string): string {
    if (text.length > 0 && text.length <= LONGEST && isStorableText(text)) return text;
    throw new DomainError('payload_invalid', `The id of the product has 1 to ${LONGEST} characters.`);
  }
}
