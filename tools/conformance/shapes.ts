import Ajv, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import document from '../../docs/asyncapi.json';

/** A frame of either side, as it was read. */
export interface AnyFrame {
  readonly event: string;
  readonly data?: unknown;
  readonly ref?: unknown;
  readonly ok?: boolean;
}

/**
 * What docs/asyncapi.json says of frames.
 *
 * Clients ignore what they do not know, so there may be other events and properties; `closed` has them be mistakes.
 */
export class Shapes {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly closed = false) {
    addFormats(this.ajv);
    const { components } = document;
    this.ajv.addSchema({ $id: 'socket', components: closed ? close(components) : components });
  }

  /** What is wrong with a frame of the server; `asked` is the event to which it is the reply. */
  wrongWith(frame: AnyFrame, asked?: string): string | null {
    if (frame.event !== 'reply') return this.compare(frame.event, frame);
    if (frame.ok === false) return this.compare('refused', frame);
    return asked === undefined ? null : this.compare(`${asked}.reply`, frame);
  }

  /** What is wrong with a frame of a client. */
  wrongInput(frame: AnyFrame): string | null {
    return this.compare(frame.event, frame);
  }

  private compare(message: string, frame: AnyFrame): string | null {
    if (!(message in document.components.messages))
      return this.closed ? `there is no event ${message}` : null;
    const $ref = `socket#/components/messages/${message}/payload`;
    const validate = this.validators.get(message) ?? this.ajv.compile({ $ref });
    this.validators.set(message, validate);
    // As it travels: what is undefined is not there.
    if (validate(JSON.parse(JSON.stringify(frame)))) return null;
    return `${message}: ${this.ajv.errorsText(validate.errors, { dataVar: 'frame' })}`;
  }
}

/** Schemas in which a property that is not documented is an error. */
function close(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema as object;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  return 'properties' in schema && !('additionalProperties' in schema)
    ? { ...inner, additionalProperties: false }
    : inner;
}
