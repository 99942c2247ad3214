import { randomUUID } from 'node:crypto';
import type { Act } from '../../src/common/policy';
import { type Door, propertiesOf, requiredOf } from './doors';
import { call, PASSWORD } from './person';
import { ruleOf } from './policy-cases';
import type { Setting } from './policy-cast';
import { TestSocket } from './test-socket';

/** What a request names, by where it stands. */
export interface Request {
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: Record<string, unknown>;
}

/** What a property or a parameter of a name is in a request that is as it should be. */
function pantry(act: Act, setting: Setting): Record<string, unknown> {
  const { actor, named, conversationId, messageId, invite } = setting;
  const tokens = actor?.tokens ?? named.tokens;
  return {
    ...{ conversationId, messageId, id: ruleOf(act).message ? messageId : randomUUID() },
    ...{ userId: named.id, to: named.id, userIds: [named.id], memberIds: [named.id] },
    ...{ username: `new-${randomUUID().slice(0, 8)}`, displayName: 'New', password: PASSWORD },
    ...{ currentPassword: PASSWORD, newPassword: `${PASSWORD}!` },
    ...{ refreshToken: tokens.refreshToken, accessToken: tokens.accessToken, sessionId: tokens.sessionId },
    ...{ text: 'y', title: 'New', emoji: '👍', on: true, status: 'away', role: 'admin', action: 'request' },
    ...{ externalId: 'customer-17', resetToken: `${named.id}.x`, inviteId: invite.id, token: invite.token },
    ...{ query: 'x', afterVersion: 0, afterSeq: 0 },
  };
}

type Recipe = (setting: Setting) => Record<string, unknown>;

/** What an act takes besides, or instead. */
const RECIPES: { [A in Act]?: Recipe } = {
  'contact.block': () => ({ action: 'block' }),
  'direct.begin': ({ named }) => ({ kind: 'direct', to: named.id }),
  'group.make': () => ({ kind: 'group' }),
  'message.hide': () => ({ forMe: true }),
  'receipt.move': ({ messageId }) => ({ messageId }),
  'message.send': ({ conversationId }) => ({ conversationId }),
  'member.leave': ({ actor, named }) => ({ userId: (actor ?? named).id }),
};

/** The same of a door, whatever the act. */
const DOORS: Record<string, Recipe> = {
  'POST /v1/auth/login': ({ named }) => ({ username: named.username }),
  // It may be in a cookie instead.
  'POST /v1/auth/refresh': ({ actor, named }) => ({ refreshToken: (actor ?? named).tokens.refreshToken }),
};

/** A request that does an act and is in order but for who asks. */
export function requestFor(
  door: Door,
  act: Act,
  setting: Setting,
  more: Record<string, unknown> = {},
): Request {
  const special = { ...DOORS[door.name]?.(setting), ...RECIPES[act]?.(setting), ...more };
  const values: Record<string, unknown> = { ...pantry(act, setting), ...special };
  const take = (names: readonly string[]) =>
    Object.fromEntries(
      names.map((name) => {
        if (values[name] === undefined) throw new Error(`RECIPES do not say what ${name} of ${door.name} is`);
        return [name, values[name]];
      }),
    );
  const of = (input: Door['body']) => {
    if (!input) return {};
    const names = new Set([...requiredOf(input), ...Object.keys(special)]);
    return take(propertiesOf(input).filter((name) => names.has(name)));
  };
  const body = door.name === 'auth' ? take(['accessToken']) : of(door.body);
  return { path: take(door.parameters), query: of(door.query), body };
}

/** `allowed`, the code of the error, or `unknown` where nothing is told of somebody. */
export async function outcomeOf(url: string, door: Door, request: Request, token?: string): Promise<string> {
  return door.method ? overRest(url, door, request, token) : overSocket(url, door, request.body, token);
}

async function overRest(url: string, door: Door, { path, query, body }: Request, token?: string) {
  const filled = door.path!.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])));
  const entries = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  const search = entries.length > 0 ? `?${new URLSearchParams(entries).toString()}` : '';
  const answer = await call(url, door.method!, filled + search, door.body ? body : undefined, token);
  return answer.status < 300 ? told(answer.body) : (answer.body.error.code as string);
}

/** On a socket of its own; who has no token that is good stays there without one. */
async function overSocket(url: string, { name }: Door, data: object, token?: string): Promise<string> {
  const socket = await TestSocket.open(url);
  try {
    if (token) await socket.request('auth', { accessToken: token }).catch(() => undefined);
    return told(await socket.request(name, data));
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await socket.close();
  }
}

function told(answer: unknown): string {
  const { presence } = (answer ?? {}) as { presence?: { status: string }[] };
  return presence?.every(({ status }) => status === 'unknown') ? 'unknown' : 'allowed';
}
