/** A schema as far as it is looked at here. */
export interface Schema {
  type?: string | string[];
  format?: string;
  nullable?: boolean;
  enum?: unknown[];
  default?: unknown;
  allOf?: Schema[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
}

/** The product's own ids may be any text. */
const ID = /^(?!externalId$)(id|to|.*Ids?|mentions|readBy|deliveredTo|replyTo|pinnedBy)$/;
const TIME = /(At|^at|since)$/;

/**
 * Makes the schemas that the Swagger plugin reads from the classes say all that is known of them.
 *
 * Names mean the same everywhere on the wire, so they tell ids and times; every number is an integer; and
 * `nullable` becomes what OpenAPI 3.1 has for it, because beside a reference it meant nothing in 3.0.
 */
export function completeSchema(schema: Schema, name = ''): void {
  for (const [property, inner] of Object.entries(schema.properties ?? {})) completeSchema(inner, property);
  if (schema.items) completeSchema(schema.items, name);
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.includes('string') && !schema.format && !schema.enum) {
    if (ID.test(name)) schema.format = 'uuid';
    else if (TIME.test(name)) schema.format = 'date-time';
  }
  if (types.includes('number')) {
    const integer = types.map((type) => (type === 'number' ? 'integer' : type));
    schema.type = typeof schema.type === 'string' ? 'integer' : integer;
  }
  if (schema.nullable !== undefined) completeNullable(schema);
}

function completeNullable(schema: Schema): void {
  const { nullable, allOf } = schema;
  delete schema.nullable;
  if (!nullable) return;
  if (allOf) {
    delete schema.allOf;
    delete schema.type;
    schema.anyOf = [...allOf, { type: 'null' }];
  } else if (typeof schema.type === 'string') {
    schema.type = [schema.type, 'null'];
    if (schema.enum && !schema.enum.includes(null)) schema.enum.push(null);
  }
}
