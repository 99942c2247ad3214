import { applyDecorators } from '@nestjs/common';
import { LIMITS } from '@parley/protocol';
import { Transform } from 'class-transformer';
import { IsString, MaxLength, ValidateBy, type ValidationOptions } from 'class-validator';

const MAX_JSON_DEPTH = 16;

/** Whether PostgreSQL can store it as sent: U+0000 and lone surrogates it cannot. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/**
 * Whether a value is JSON that can be stored as it is, not nested too deep. MessagePack also brings dates,
 * bytes and NaN, and JSON.parse makes Infinity of 1e400: stored, they would be something else.
 */
export function isStorableJson(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return true;
  if (depth >= MAX_JSON_DEPTH || !isPlain(value)) return false;
  return Object.entries(value).every(([key, item]) => isStorableText(key) && isStorableJson(item, depth + 1));
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** Text that can be stored; otherwise `text_invalid`. */
export function IsStorableText(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isStorableText',
      validator: {
        validate: (value) => typeof value === 'string' && isStorableText(value),
        defaultMessage: () => '$property cannot hold U+0000 or lone surrogates',
      },
    },
    { context: { code: 'text_invalid' } },
  );
}

/** Text of at most so many bytes of UTF-8; otherwise `text_too_long`. */
export function MaxBytes(bytes: number): PropertyDecorator {
  return ValidateBy(
    {
      name: 'maxBytes',
      validator: {
        validate: (value) => typeof value === 'string' && Buffer.byteLength(value) <= bytes,
        defaultMessage: () => `$property must be at most ${bytes} bytes of UTF-8`,
      },
    },
    { context: { code: 'text_too_long' } },
  );
}

/** A JSON object that can be stored, of at most LIMITS.metadataBytes. */
export function IsMetadata(options?: ValidationOptions): PropertyDecorator {
  return applyDecorators(
    // As it came: class-transformer's copy lacks keys that every object has, such as toString.
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
    ValidateBy(
      {
        name: 'isMetadata',
        validator: {
          validate: (value) =>
            typeof value === 'object' &&
            value !== null &&
            !Array.isArray(value) &&
            isStorableJson(value) &&
            Buffer.byteLength(JSON.stringify(value)) <= LIMITS.metadataBytes,
          defaultMessage: () =>
            `$property must be a JSON object of at most ${LIMITS.metadataBytes} bytes, without U+0000, nested at most ${MAX_JSON_DEPTH} deep`,
        },
      },
      options,
    ),
  );
}

/** What turns the reading direction of the text around a name, or ends its line; and control characters. */
const DISTURBING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
/** What is drawn as nothing: spaces, what fonts ignore, and an empty Braille cell. */
const INVISIBLE = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]*$/u;

/** Whether a text shows itself, and nothing but itself. */
function isPresentable(text: string): boolean {
  return !INVISIBLE.test(text) && !DISTURBING.test(text);
}

/** A name that people read: something visible, no control characters, at most so many characters. */
export function IsName(maxLength: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    MaxLength(maxLength),
    IsStorableText(),
    ValidateBy({
      name: 'isName',
      validator: {
        // MaxLength does not count variation selectors, and the database does.
        validate: (value) =>
          typeof value === 'string' && isPresentable(value) && [...value].length <= maxLength,
        defaultMessage: () =>
          `$property must hold something visible, no control characters, and at most ${maxLength} characters`,
      },
    }),
  );
}

/** Whether a text may stand on a message as a reaction: one emoji, or a short word of the product's own. */
export function isReactionKind(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    isPresentable(text) &&
    text.isWellFormed() &&
    Buffer.byteLength(text) <= LIMITS.emojiBytes
  );
}

/** What can stand on a message as a reaction. */
export function IsReactionKind(): PropertyDecorator {
  return ValidateBy({
    name: 'isReactionKind',
    validator: {
      validate: isReactionKind,
      defaultMessage: () =>
        `$property must hold something visible, no control characters, and at most ${LIMITS.emojiBytes} bytes of UTF-8`,
    },
  });
}
