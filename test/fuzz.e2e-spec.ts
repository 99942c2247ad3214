import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { encode } from '@msgpack/msgpack';
import { ERRORS } from '@parley/protocol';
import fc from 'fast-check';
import { type Door, doorsOf } from './support/doors';
import {
  bodyOf,
  hostile,
  impostors,
  inTurn,
  objectOf,
  type Pantry,
  pathOf,
  targetOf,
  wild,
} from './support/fuzz';
import { PASSWORD, Person } from './support/person';
import { ACTS } from './support/policy-cases';
import { RawSocket } from './support/raw-socket';
import { startApp, type TestApp } from './support/start-app';

/** `FUZZ_SEED=… npm test -- test/fuzz` does the same again, and FUZZ_RUNS more of it. */
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.FUZZ_RUNS ?? 40);
/** Each hashes a password, which takes as long as fifty others. */
const COSTLY = /auth\/(register|login|password)|^DELETE \/v1\/users\/me/;
/** What only the state of the server may be the reason for. */
const FAILURES = ['internal', 'unavailable', 'timeout'];

let server: TestApp;
let ann: Person;
let pantry: Pantry;
let doors: Map<string, Door>;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

beforeAll(async () => {
  process.stdout.write(`fuzz: FUZZ_SEED=${seed}\n`);
  server = await startApp();
  doors = new Map(doorsOf(server.app).map((door) => [door.name, door]));
  const { bob } = ({ ann } = await Person.registerAll(server.url, 'ann', 'bob'));
  pantry = await fill(bob);
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

/** Things that are there, and values that are right. */
async function fill(bob: Person): Promise<Pantry> {
  const made = await ann.ok('POST', '/conversations', { kind: 'group', title: 'x', memberIds: [bob.id] });
  const { message } = await bob.ok('POST', '/messages', { id: randomUUID(), text: 'x', to: ann.id });
  const invite = await ann.ok('POST', `/conversations/${made.conversation.id}/invites`, {});
  const conversations = fc.constantFrom<string>(made.conversation.id, message.conversationId);
  const people = fc.constantFrom(ann.id, bob.id);
  const id = fc.oneof(fc.constantFrom<string>(message.id), fc.uuid());
  const list = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 5 });
  const number = fc.oneof(fc.nat(300), fc.integer());
  return {
    ...{ conversationId: conversations, messageId: id, id, replyTo: id, userId: people, to: people },
    ...{ memberIds: list(people), userIds: list(people), mentions: list(people) },
    text: fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 })),
    kind: fc.constantFrom('text', 'image', 'group', 'direct'),
    ...{ metadata: fc.dictionary(fc.string(), fc.jsonValue()), emoji: fc.constantFrom('👍', '❤️', 'x') },
    ...{ status: fc.constantFrom('online', 'away'), role: fc.constantFrom('admin', 'member', 'owner') },
    ...{ action: fc.constantFrom('request', 'accept', 'decline', 'unblock'), state: fc.constant('accepted') },
    ...Object.fromEntries(
      ['limit', 'before', 'after', 'afterVersion', 'afterSeq', 'seq', 'ifVersion'].map((name) => [
        name,
        number,
      ]),
    ),
    ...Object.fromEntries(
      ['on', 'forMe', 'mentionAll', 'historyVisible', 'explain'].map((name) => [name, fc.boolean()]),
    ),
    ...{ cursor: fc.oneof(fc.base64String(), cursorOf(fc.jsonValue()), cursorOf(fc.array(wild))) },
    ...{ wait: fc.constant(0), query: fc.string({ minLength: 1, maxLength: 20 }) },
    ...{
      username: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{2,31}$/),
      displayName: fc.string({ minLength: 1 }),
    },
    ...{ inviteId: fc.oneof(fc.constant(invite.id), fc.uuid()), token: fc.constantFrom(invite.token, 'x') },
    ...{ expiresIn: fc.oneof(number, fc.constant(null)), maxUses: fc.oneof(number, fc.constant(null)) },
    ...{ title: fc.string({ minLength: 1 }), deviceName: fc.string({ minLength: 1 }), deviceId: fc.uuid() },
    // Right ones would end the account, or what follows.
    ...{
      password: fc.constant(`not ${PASSWORD}`),
      currentPassword: fc.constant('no'),
      newPassword: fc.string(),
    },
    ...{ refreshToken: fc.constantFrom(ann.tokens.accessToken, `${ann.tokens.refreshToken}x`) },
    ...{ accessToken: fc.constantFrom(ann.tokens.accessToken, ann.tokens.refreshToken) },
  };
}

const cursorOf = (value: fc.Arbitrary<unknown>) =>
  value.map((parts) => Buffer.from(JSON.stringify(parts) ?? '').toString('base64url'));

interface Answered {
  status: number;
  text: string;
}

/** A request as it is: paths are not tidied up, and bodies may be anything. */
function send(method: string, target: string, body?: string, type = 'application/json'): Promise<Answered> {
  const { port } = new URL(server.url);
  const headers = {
    Authorization: `Bearer ${ann.tokens.accessToken}`,
    ...(body && { 'Content-Type': type }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ port, agent, method, path: target, headers, timeout: 5_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${target} was not answered`)));
    sent.on('error', reject).end(body);
  });
}

function expectNamed({ status, text }: Answered): void {
  if (status < 400) return;
  // Node itself says of a head that it cannot be.
  if (status === 431 || (status === 400 && text === '')) return;
  const { error } = JSON.parse(text) as { error: { code: string } };
  expect(Object.keys(ERRORS)).toContain(error.code);
  expect(FAILURES).not.toContain(error.code);
  expect(status).toBeLessThan(500);
}

/** The examples come first, and are no part of the runs. */
function parameters<T>(numRuns: number, examples: T[] = []) {
  return { seed, examples, numRuns: numRuns + examples.length, verbose: 1 } as const;
}
const routes = [...new Set(ACTS.map(([, door]) => door as string))].filter((door) => door.includes(' '));
const events = [...new Set(ACTS.map(([, door]) => door as string))].filter((door) => !door.includes(' '));

describe('whatever comes by REST is answered by name', () => {
  it.each(routes)('%s', async (name) => {
    const door = doors.get(name)!;
    // It takes nothing, and would end the session.
    if (!door.body && !door.query && door.parameters.length === 0 && door.method !== 'GET') return;
    const body: fc.Arbitrary<string | undefined> = door.body
      ? bodyOf(door, pantry).map((value) => JSON.stringify(value))
      : fc.constant(undefined);
    const property = fc.asyncProperty(targetOf(door, pantry), body, async (target, text) => {
      expectNamed(await send(door.method!, target, text));
    });
    const isCostly = COSTLY.test(name);
    const path = pathOf(door, pantry, seed);
    const bodies = isCostly
      ? []
      : inTurn(door, pantry, impostors, seed).map((value) => JSON.stringify(value));
    const examples = bodies.map((text): [string, string | undefined] => [path, text]);
    await fc.assert(property, parameters(isCostly ? Math.min(RUNS, 12) : RUNS, examples));
  });

  it('also what is no JSON, or of another kind', async () => {
    const types = fc.constantFrom(
      ...[
        'application/json',
        'application/json; charset=utf-16',
        'application/json; charset=x',
        'text/plain',
      ],
      ...[
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'application/xml',
        '',
        'x',
        'application/',
      ],
    );
    const bodies = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.tuple(wild, fc.nat(60)).map(([value, at]) => (JSON.stringify(value) ?? '').slice(0, at) || '{'),
    );
    const property = fc.asyncProperty(bodies, types, async (body, type) => {
      expectNamed(await send('POST', '/v1/messages', body, type));
    });
    await fc.assert(property, parameters(RUNS * 3));
  });
});

describe.each(['json', 'msgpack'] as const)(
  'whatever comes by socket is answered once, in %s',
  (encoding) => {
    let socket: RawSocket;
    beforeAll(async () => (socket = await RawSocket.open(server.url, encoding, ann.tokens.accessToken)));
    afterAll(() => socket.end());

    const packed = (value: unknown) =>
      encoding === 'json' ? JSON.stringify(value) : encode(value, { maxDepth: 1_000 });

    it.each(events)('%s', async (event) => {
      // To who is somebody already, every auth would be told the same.
      const own = event === 'auth' ? await RawSocket.open(server.url, encoding) : socket;
      let ref = 0;
      const property = fc.asyncProperty(bodyOf(doors.get(event)!, pantry), async (data) => {
        ref++;
        const answers = await own.answersTo(packed({ event, data, ref }));
        expect(answers).toMatchObject([{ event: 'reply', ref }]);
        expect(FAILURES).not.toContain(answers[0]?.error?.code);
      });
      const examples = inTurn(doors.get(event)!, pantry, hostile, seed).map((data): [unknown] => [data]);
      await fc.assert(property, parameters(RUNS, examples));
      if (own !== socket) own.end();
    });

    it('an envelope that is none', async () => {
      const names = {
        event: fc.constantFrom('ping', 'sync', 'typing.set', 'constructor', '__proto__'),
        ref: fc.nat(),
      };
      const envelopes = fc.oneof(objectOf(['event', 'data', 'ref'], { ...names, data: wild }), wild);
      const property = fc.asyncProperty(envelopes, async (envelope) => {
        const answers = await socket.answersTo(packed(envelope));
        const { ref } = (envelope ?? {}) as { ref?: unknown };
        const isRef =
          (typeof ref === 'number' && Number.isFinite(ref)) || (typeof ref === 'string' && ref.length <= 64);
        // A frame without a ref is answered only when it fails.
        // By ===, to which -0 is 0.
        if (isRef && !Array.isArray(envelope))
          expect(answers.map((answer) => answer.event === 'reply' && answer.ref === ref)).toEqual([true]);
        else expect(answers.every(({ event }) => event === 'error') && answers.length <= 1).toBe(true);
      });
      await fc.assert(property, parameters(RUNS * 4));
    });

    it('bytes that are nothing', async () => {
      const whole = packed({ event: 'ping', data: {}, ref: 'x' });
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.tuple(fc.nat(40), fc.nat(255)).map(([at, byte]) => {
          const broken = Uint8Array.from(Buffer.from(whole));
          broken[at % broken.length] = byte;
          return broken;
        }),
      );
      const property = fc.asyncProperty(bytes, async (sent) => {
        const isText = encoding === 'json';
        const answers = await socket.answersTo(isText ? Buffer.from(sent).toString() : sent);
        expect(answers.length).toBeLessThanOrEqual(1);
        for (const { error } of answers) expect(FAILURES).not.toContain(error?.code);
      });
      await fc.assert(property, parameters(RUNS * 4));
    });
  },
);

it('and afterwards all is as it was', async () => {
  expect((await ann.call('GET', '/users/me')).status).toBe(200);
  const socket = await ann.connect();
  await socket.settle();
  await ann.disconnect();
});
