import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Act, POLICY, rulesOf } from '../src/common/policy';
import { outcomeOf, type Request, requestFor } from './support/door-request';
import { type Door, doorsOf, servedRoutes } from './support/doors';
import { Person } from './support/person';
import { ACTS, type Case, casesOf, policyTable, ruleOf } from './support/policy-cases';
import { Cast, type Setting } from './support/policy-cast';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let cast: Cast;
let doors: Map<string, Door>;

beforeAll(async () => {
  server = await startApp();
  cast = await Cast.gather(server.url);
  doors = new Map(doorsOf(server.app).map((door) => [door.name, door]));
});
afterAll(() => server.stop());

function doorOf(name: string): Door {
  const door = doors.get(name);
  if (!door) throw new Error(`the policy has a row for ${name}, which is not there`);
  return door;
}

/** Whose removal or rise is meant by acts that differ by that only. */
function moreFor(act: Act): Record<string, unknown> {
  const { coAdmin, coOwner } = cast.people;
  if (act === 'admin.remove') return { userId: coAdmin.id };
  return act === 'owner.remove' ? { userId: coOwner.id } : {};
}

function settingOf(act: Act, one: Case): Promise<Setting> {
  const { who, block, direct } = ruleOf(act);
  const { part } = one;
  const isOfMembers = who === 'member' || who === 'acquaintance';
  // In a group a block stands between who adds and who is added.
  if (who === 'member' && direct === null && block && (part === 'blocked' || part === 'blocker'))
    return cast.besideBlock(part);
  // And between who made an invite and who comes by it.
  if (act === 'invite.take' && (part === 'blocked' || part === 'blocker')) return cast.invitedOverBlock(part);
  return cast.setting(one, isOfMembers ? 'group' : 'account');
}

async function tryIt(act: Act, door: Door, one: Case, change?: (request: Request) => Request) {
  const setting = await settingOf(act, one);
  const more = setting.actor || one.part === 'nobody' || one.part === 'revoked' ? moreFor(act) : {};
  const whole = requestFor(door, act, setting, more);
  const outcome = await outcomeOf(server.url, door, change ? change(whole) : whole, setting.token);
  if (outcome === 'allowed' && door.method !== 'GET') cast.spoil();
  return outcome;
}

describe('the policy', () => {
  it('has a row for every route and every event, and for nothing else', () => {
    for (const name of doors.keys()) expect(() => rulesOf(name)).not.toThrow();
    const named = new Set(ACTS.map(([, door]) => door));
    expect([...named].sort()).toEqual([...doors.keys()].sort());
  });

  it('knows every route that is served', () => {
    const routes = [...doors.values()].filter(({ method }) => method).map(({ name }) => name);
    expect(servedRoutes(server.app).sort()).toEqual(routes.sort());
  });

  it('is what docs/security.md shows', () => {
    const text = readFileSync(join(__dirname, '../docs/security.md'), 'utf8');
    const [, table] = /<!-- policy -->\n\n([^]*?)\n\n<!-- \/policy -->/.exec(text) ?? [];
    expect(table).toBe(policyTable());
  });
});

describe.each(ACTS)('%s by %s', (act, name) => {
  it('is for whom the policy says', async () => {
    const door = doorOf(name);
    const [found, expected]: Record<string, string>[] = [{}, {}];
    for (const one of casesOf(act, name)) {
      const label = one.own ? `${one.part}, of their own message` : one.part;
      expected![label] = one.outcome;
      found![label] = await tryIt(act, door, one);
    }
    expect(found).toEqual(expected);
  });

  it('takes ids that are ids, and of what the one who asks may name', async () => {
    const door = doorOf(name);
    const one = casesOf(act, name).findLast(({ outcome, part }) => outcome === 'allowed' && part !== 'peer');
    if (!one || ruleOf(act).who === 'anybody') return;
    const { request, setting } = await look(act, door, one);
    for (const [place, key, value] of idsOf(request)) {
      const put = (id: unknown) => (whole: Request) => ({
        ...whole,
        [place]: { ...whole[place], [key]: id },
      });
      for (const wrong of place === 'body' ? wrongIds(value) : ['7', `${randomUUID()}0`, '\u0000']) {
        const outcome = await tryIt(act, door, one, put(wrong));
        expect([key, wrong, outcome]).toEqual([key, wrong, 'payload_invalid']);
      }
      const foreign = await foreignTo(key, value, act, setting);
      if (foreign) {
        const outcome = await tryIt(act, door, one, put(foreign.id));
        expect([key, outcome]).toEqual([key, foreign.outcome]);
      }
    }
  });
});

async function look(act: Act, door: Door, one: Case) {
  const setting = await settingOf(act, one);
  return { setting, request: requestFor(door, act, setting, moreFor(act)) };
}

function idsOf(request: Request): [place: keyof Request, key: string, value: unknown][] {
  const isId = (key: string) => /(^(id|to)|Ids?)$/.test(key);
  return (['path', 'query', 'body'] as const).flatMap((place) =>
    Object.entries(request[place])
      .filter(([key]) => isId(key))
      .map(([key, value]): [keyof Request, string, unknown] => [place, key, value]),
  );
}

function wrongIds(value: unknown): unknown[] {
  const wrong: unknown[] = [7, true, null, {}, 'x', { toString: value }, { $ne: null }];
  return Array.isArray(value) ? [...wrong, [7], [null], [value], [{}], value[0]] : [...wrong, [value], ''];
}

/** The id of something that is there and not theirs, or of somebody who is not there; and what is said of it. */
async function foreignTo(key: string, value: unknown, act: Act, { actor, messageId }: Setting) {
  const { missing, who } = ruleOf(act);
  const place = await cast.elsewhere(actor as Person);
  if (key === 'conversationId') return { id: place.strange, outcome: 'conversation_not_found' };
  if (value === messageId && act !== 'message.send') {
    return { id: place.messageId, outcome: 'message_not_found' };
  }
  if (key === 'sessionId') return { id: cast.people.stranger.tokens.sessionId, outcome: missing };
  if (key === 'inviteId') return { id: place.inviteId, outcome: missing };
  // A new id of what is made, or an act that is about oneself.
  if (key === 'id' || value === actor?.id) return null;
  const id = Array.isArray(value) ? [randomUUID()] : randomUUID();
  return { id, outcome: missing ?? (who === 'acquaintance' ? 'unknown' : 'allowed') };
}

it('who may not add is told nothing of those to be added', async () => {
  const { stranger, blocked, blocker } = cast.people;
  const { strange } = await cast.elsewhere(stranger);
  for (const userIds of [[randomUUID()], [blocker.id]]) {
    const error = await blocked.error('POST', `/conversations/${strange}/members`, { userIds });
    expect(error.code).toBe('conversation_not_found');
  }
});

it('who comes by no invite is told so, whatever they send for one', async () => {
  const { stranger } = cast.people;
  const missing = ruleOf('invite.take').missing;
  for (const way of ['preview', 'accept']) {
    for (const token of ['', 'none', stranger.tokens.accessToken.slice(0, 24), '\u0000']) {
      const { code } = await stranger.error('POST', `/invites/${way}`, { token });
      expect([way, token, code]).toEqual([way, token, missing]);
    }
  }
});

it('a connection goes on with tokens of its own session only', async () => {
  const { stranger, owner } = cast.people;
  const socket = await stranger.connect();
  const renewed = socket.request('auth.refresh', { accessToken: owner.tokens.accessToken });
  await expect(renewed).rejects.toMatchObject({ code: POLICY['connection.renew'].missing });
  await stranger.disconnect();
});
