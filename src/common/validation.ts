import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import { ERRORS, type ErrorCode } from '@parley/protocol';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import { DomainError } from './domain-error';
import { isSafeJson } from './json';
import { certainlyPasses } from './quick-validation';

/** Holds every REST body and frame against its DTO; unknown properties are refused, not dropped. */
export function validationPipe(): ValidationPipe {
  return new JsonValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: toError,
  });
}

/** Looks at the JSON itself first: what cannot be copied into a DTO as it is would be lost or fail. */
class JsonValidationPipe extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && !isSafeJson(value)) {
      throw new DomainError(
        'payload_invalid',
        'The request is nested too deep, or has a property __proto__, constructor or prototype.',
      );
    }
    return super.transform(value, metadata);
  }

  protected override validate(object: object, options?: ValidatorOptions) {
    return certainlyPasses(object) ? [] : super.validate(object, options);
  }
}

function toError(errors: ValidationError[]): DomainError {
  const fields: Record<string, string[]> = {};
  let code: ErrorCode = 'payload_invalid';
  const visit = (list: ValidationError[], prefix: string) => {
    for (const error of list) {
      const path = prefix + error.property;
      if (error.constraints) fields[path] = Object.values(error.constraints);
      const own = Object.values(error.contexts ?? {}).find(
        (context): context is { code: ErrorCode } => 'code' in context,
      );
      if (own) code = own.code;
      visit(error.children ?? [], `${path}.`);
    }
  };
  visit(errors, '');
  return new DomainError(code, ERRORS[code].message, { fields });
}
