import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ERRORS, type ErrorCode } from '@parley/protocol';
import { ERROR_CODES_EXTENSION } from './common/api-errors';
import { PRODUCT_SECURITY } from './common/access';
import { completeSchema, type Schema } from './openapi-schemas';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

type Operation = Record<string, unknown> & {
  security?: Record<string, unknown>[];
  requestBody?: unknown;
  parameters?: { name: string; required?: boolean; schema: Schema }[];
  responses: Record<string, unknown>;
};

/** What any route may answer. */
const ALWAYS: ErrorCode[] = ['overloaded', 'unavailable', 'timeout', 'internal'];
const PROTECTED: ErrorCode[] = [
  'unauthenticated',
  'token_expired',
  'session_revoked',
  'account_closed',
  'forbidden',
];
/** Where API keys are let in: they name nobody. */
const OF_PRODUCT: ErrorCode[] = ['user_not_found'];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI document of the running routes, with the errors of each. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Parley')
    .setDescription('Instant messaging over REST; the socket at /ws carries the same and the pushes.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addBearerAuth({
      ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      description: 'An access token of this server, or of the outside issuer that it is set to take.',
    })
    .addBearerAuth(
      {
        ...{ type: 'http', scheme: 'bearer', bearerFormat: 'parley_…' },
        description: 'An API key of the product, for its own servers.',
      },
      PRODUCT_SECURITY,
    )
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Error: ERROR_SCHEMA },
  };
  for (const schema of Object.values(document.components.schemas ?? {})) completeSchema(schema as Schema);
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method] as Operation | undefined;
      if (operation) describeErrors(operation);
    }
  }
  return document;
}

/** One response for each status, naming its codes. */
function describeErrors(operation: Operation): void {
  const own = (operation[ERROR_CODES_EXTENSION] as ErrorCode[] | undefined) ?? [];
  delete operation[ERROR_CODES_EXTENSION];
  const invalid: ErrorCode[] =
    operation.requestBody || operation.parameters?.length ? ['payload_invalid'] : [];
  const tooLarge: ErrorCode[] = operation.requestBody ? ['payload_too_large'] : [];
  for (const parameter of operation.parameters ?? []) {
    completeSchema(parameter.schema, parameter.name);
    if (parameter.schema.default !== undefined) parameter.required = false;
  }
  const isForProduct = operation.security?.some((way) => PRODUCT_SECURITY in way);
  const allowed = [...(operation.security ? PROTECTED : []), ...(isForProduct ? OF_PRODUCT : [])];
  const codes = [...new Set([...own, ...invalid, ...tooLarge, ...allowed, ...ALWAYS])];
  for (const status of new Set(codes.map((code) => ERRORS[code].status))) {
    const those = codes.filter((code) => ERRORS[code].status === status);
    operation.responses[status] = {
      description: those.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
}

const ERROR_SCHEMA: Schemas[string] = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'retryable'],
      properties: {
        code: { type: 'string', enum: Object.keys(ERRORS) },
        message: { type: 'string', description: 'One sentence, for developers.' },
        retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
        details: { type: 'object', additionalProperties: true },
      },
    },
  },
};
