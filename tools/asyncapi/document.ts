import {
  AUTH_TIMEOUT_SECONDS,
  CLOSE,
  ERRORS,
  type ErrorCode,
  LIMITS,
  SOCKET_PATH,
  SUBPROTOCOLS,
} from '@parley/protocol';
import examples from './examples.json';
import type { ProtocolPage, Said } from './protocol-page';
import { type EventType, type Schema, WireTypes } from './wire-types';

export interface Sources {
  readonly types: WireTypes;
  /** What handlers take, by event; null where that is nothing. */
  readonly inputs: ReadonlyMap<string, Schema | null>;
  readonly page: Pick<ProtocolPage, 'of'>;
}

/** Handled by the socket itself, before there is a connection. */
const BY_THE_SOCKET = ['auth'];
/** What any request may be answered. */
const ALWAYS: ErrorCode[] = [
  'payload_invalid',
  'rate_limited',
  'overloaded',
  'unavailable',
  'timeout',
  'internal',
];
const REFUSED = 'refused';
const CHANNEL = '#/channels/socket';

/** The AsyncAPI document of the socket, seen from the server: it receives what clients send. */
export function asyncApiDocument({ types, inputs, page }: Sources): object {
  const client = types.events('ClientEvents');
  const server = types.events('ServerEvents');
  requireSame(
    client.map(({ name }) => name),
    [...inputs.keys(), ...BY_THE_SOCKET],
  );
  const messages: Record<string, object> = { [REFUSED]: refused(types) };
  const operations: Record<string, object> = {};
  for (const event of client) {
    const said = page.of(event.name);
    messages[event.name] = request(event, said, types, inputs.get(event.name));
    messages[`${event.name}.reply`] = reply(event, types);
    operations[event.name] = received(event, said);
  }
  for (const event of server) {
    messages[event.name] = push(event, page.of(event.name), types);
    operations[`push.${event.name}`] = sent(event, page.of(event.name));
  }
  return {
    asyncapi: '3.0.0',
    info: INFO,
    defaultContentType: 'application/json',
    servers: SERVERS,
    channels: { socket: channel(Object.keys(messages)) },
    operations,
    components: {
      messages,
      schemas: types.schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

/** An event without a handler, or a handler without an event, is a mistake. */
function requireSame(events: string[], handled: string[]): void {
  const odd = [
    ...events.filter((name) => !handled.includes(name)).map((name) => `${name} has no handler`),
    ...handled.filter((name) => !events.includes(name)).map((name) => `${name} is no event of ClientEvents`),
  ];
  if (odd.length > 0) throw new Error(odd.join(', '));
}

function request({ name, type }: EventType, said: Said, types: WireTypes, input?: Schema | null): object {
  const data = dataOf(name, WireTypes.part(type, 'data'), types, input);
  const needsData = (data?.required ?? []).length > 0 || data?.oneOf !== undefined;
  const payload = {
    type: 'object',
    required: ['event', ...(needsData ? ['data'] : [])],
    properties: { event: { const: name }, data: data ?? NOTHING, ref: types.named('Ref') },
    additionalProperties: false,
  };
  return message(name, said.description, payload, CORRELATED);
}

/** As the handler checks it, and as the type says which of it is needed. */
function dataOf(
  name: string,
  type: Parameters<WireTypes['schemaOf']>[0],
  types: WireTypes,
  input: Schema | null | undefined,
): Schema | null {
  if (types.isNothing(type)) return null;
  if (!input) return { ...types.schemaOf(type), additionalProperties: false };
  const [told, checked] = [types.names(type), Object.keys(input.properties ?? {}).sort()];
  if (told.join() !== checked.join())
    throw new Error(`${name}: the type has ${told.join(', ')}, and its handler takes ${checked.join(', ')}`);
  const alternatives = types.alternatives(type).map((required) => ({ required }));
  const [only, ...others] = alternatives;
  if (others.length > 0) return { ...input, oneOf: alternatives };
  return { ...input, ...(only && only.required.length > 0 ? only : { required: undefined }) };
}

function reply({ name, type }: EventType, types: WireTypes): object {
  const payload = {
    type: 'object',
    required: ['event', 'ref', 'ok', 'data'],
    properties: {
      event: { const: 'reply' },
      ref: types.named('Ref'),
      ok: { const: true },
      data: types.schemaOf(WireTypes.part(type, 'reply')),
    },
  };
  return message(`${name}.reply`, `The answer to ${name}, where it has succeeded.`, payload, CORRELATED);
}

function refused(types: WireTypes): object {
  const payload = {
    type: 'object',
    required: ['event', 'ref', 'ok', 'error'],
    properties: {
      event: { const: 'reply' },
      ref: types.named('Ref'),
      ok: { const: false },
      error: types.named('ErrorBody'),
    },
  };
  return message(REFUSED, 'The answer to any event that was refused.', payload, CORRELATED);
}

function push({ name, type }: EventType, said: Said, types: WireTypes): object {
  const payload = {
    type: 'object',
    required: ['event', 'data'],
    properties: { event: { const: name }, data: types.schemaOf(type) },
  };
  return message(name, said.description, payload);
}

const NOTHING: Schema = { type: 'object', properties: {}, additionalProperties: false };
const CORRELATED = { correlationId: { location: '$message.payload#/ref' } };

function message(name: string, summary: string, payload: object, more: object = {}): object {
  const recorded = (examples as Record<string, unknown>)[name];
  return { name, summary, ...more, payload, ...(recorded ? { examples: [{ payload: recorded }] } : {}) };
}

function received({ name }: EventType, { description, errors }: Said): object {
  return {
    action: 'receive',
    channel: { $ref: CHANNEL },
    summary: description,
    messages: [{ $ref: `${CHANNEL}/messages/${name}` }],
    reply: {
      channel: { $ref: CHANNEL },
      messages: [`${name}.reply`, REFUSED].map((each) => ({ $ref: `${CHANNEL}/messages/${each}` })),
    },
    'x-errors': [...new Set([...errors, ...ALWAYS])],
  };
}

function sent({ name }: EventType, { description }: Said): object {
  return {
    action: 'send',
    channel: { $ref: CHANNEL },
    summary: description,
    messages: [{ $ref: `${CHANNEL}/messages/${name}` }],
  };
}

function channel(messages: string[]): object {
  return {
    address: SOCKET_PATH,
    description:
      'One connection of one session. Frames of a client are handled one after the other; a frame with a `ref` ' +
      'gets exactly one reply with the same `ref`, one without is answered only by `error`, when it is refused.',
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: { ws: { method: 'GET', headers: HEADERS, bindingVersion: '0.1.0' } },
    'x-close-codes': Object.values(CLOSE),
    'x-limits': LIMITS,
  };
}

const HEADERS = {
  type: 'object',
  properties: {
    Authorization: { type: 'string', description: 'Bearer and the access token.' },
    'Sec-WebSocket-Protocol': { type: 'string', enum: Object.values(SUBPROTOCOLS) },
  },
};

const INFO = {
  title: 'Parley',
  version: '1',
  description:
    'Instant messaging over one WebSocket, in JSON text frames or, with the other subprotocol, the same objects ' +
    `as MessagePack in binary ones. A connection carries its token on the upgrade, or sends \`auth\` within ` +
    `${AUTH_TIMEOUT_SECONDS} s. What is guaranteed, and what a client does after it was away, is in docs/protocol.md; ` +
    'REST is described by /openapi.json.',
  license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
  'x-errors': ERRORS,
};

const SERVERS = {
  here: {
    host: '{host}',
    protocol: 'ws',
    description: 'wss where the server, or what is in front of it, has a certificate.',
    variables: { host: { default: 'localhost:3000' } },
    security: [{ $ref: '#/components/securitySchemes/bearer' }],
  },
};
