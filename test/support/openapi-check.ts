import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import document from '../../docs/openapi.json';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const paths = Object.entries(document.paths as unknown as Record<string, Record<string, Operation>>).map(
  ([template, operations]) => ({
    template,
    operations,
    pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    parameters: template.split('{').length,
  }),
);
// A fixed segment wins over a parameter: users/me over users/{userId}.
paths.sort((a, b) => a.parameters - b.parameters);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'api', components: { schemas: closed(document.components.schemas) } });
const validators = new Map<string, ValidateFunction>();

/** Throws when an answer is not what docs/openapi.json says of its route. */
export function checkAnswer(method: string, path: string, status: number, body: unknown): void {
  const pathname = path.split('?')[0] as string;
  const found = paths.find(
    ({ pattern, operations }) => pattern.test(pathname) && method.toLowerCase() in operations,
  );
  if (!found) return;
  const name = `${method} ${found.template} → ${status}`;
  const response = found.operations[method.toLowerCase()]?.responses[status];
  if (!response) throw new Error(`${name} is not documented: ${JSON.stringify(body)}`);
  const schema = response.content?.['application/json']?.schema;
  if (!schema) {
    if (body !== undefined) throw new Error(`${name} is documented without a body: ${JSON.stringify(body)}`);
    return;
  }
  const validate = validators.get(name) ?? ajv.compile(absolute(schema));
  validators.set(name, validate);
  if (!validate(body)) {
    throw new Error(
      `${name} is not as documented: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`,
    );
  }
  if (status >= 400) checkCode(name, response, body as { error: { code: string } });
}

/** The description of an error's response names its codes. */
function checkCode(name: string, response: object, { error }: { error: { code: string } }): void {
  const { description } = response as { description: string };
  if (!description.includes(`\`${error.code}\``)) throw new Error(`${name} does not document ${error.code}`);
}

/** Schemas in which a property that is not documented is an error. */
function closed(schemas: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schemas as Record<string, object>).map(([name, schema]) => {
      return [name, { additionalProperties: false, ...absolute(schema) }];
    }),
  );
}

/** References within the document as references to the schema that ajv knows by the name of `api`. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')) as object;
}
