import { createHash, randomUUID } from 'node:crypto';
import { type Conversation, type ErrorBody, type Invite, type InviteMade, LIMITS } from '@parley/protocol';
import { ConversationEntity } from '../src/timeline/conversation.entity';
import { MemberEntity } from '../src/timeline/member.entity';
import { Person, PASSWORD } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;
let dan: Person;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob, cleo, dan } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo', 'dan'));
});
afterEach(async () => {
  await Promise.all([ann, bob, cleo, dan].map((person) => person.disconnect()));
});
afterAll(() => server.stop());

async function group(others: Person[] = [], more: object = {}): Promise<string> {
  const memberIds = others.map((person) => person.id);
  const input = { kind: 'group', title: 'Plans', memberIds, ...more };
  return ((await ann.ok('POST', '/conversations', input)) as { conversation: Conversation }).conversation.id;
}

const invite = (id: string, input: object = {}, by = ann): Promise<InviteMade> =>
  by.ok('POST', `/conversations/${id}/invites`, input);
const listed = async (id: string, by = ann): Promise<Invite[]> =>
  (await by.ok('GET', `/conversations/${id}/invites`)).items;
const accept = (person: Person, { token }: { token: string }) =>
  person.ok('POST', '/invites/accept', { token });
const refusal = (person: Person, { token }: { token: string }) =>
  person.error('POST', '/invites/accept', { token });
const preview = (person: Person, { token }: { token: string }) =>
  person.ok('POST', '/invites/preview', { token });
const leave = (person: Person, id: string) =>
  person.ok('DELETE', `/conversations/${id}/members/${person.id}`);
const say = (person: Person, id: string) =>
  person.ok('POST', `/conversations/${id}/messages`, { id: randomUUID(), text: 'x' });
const seqsSeenBy = async (person: Person, id: string): Promise<number[]> =>
  (await person.ok('GET', `/conversations/${id}/messages`)).messages.map(({ seq }: { seq: number }) => seq);

const flawed = (reason: string) => ({ status: 404, code: 'invite_invalid', details: { reason } });

/** Preview and acceptance say the same. */
async function expectRefused(person: Person, made: { token: string }, error: object): Promise<void> {
  const { token } = made;
  expect(await person.error('POST', '/invites/preview', { token })).toMatchObject(error);
  expect(await refusal(person, made)).toMatchObject(error);
}

describe('an invite', () => {
  it('is made by owner and admins, and has a token that is told once and stored nowhere', async () => {
    const id = await group([bob, cleo]);
    await ann.ok('PATCH', `/conversations/${id}/members/${cleo.id}`, { role: 'admin' });
    const made = await invite(id, { maxUses: 3 }, cleo);
    expect(made.token).toMatch(/^[\w-]{24}$/);
    expect(made).toMatchObject({ conversationId: id, creator: { id: cleo.id }, maxUses: 3, uses: 0 });
    const { token, ...rest } = made;
    expect(await listed(id)).toEqual([rest]);
    const [row] = await server.source.query('SELECT * FROM invite WHERE id = $1', [made.id]);
    expect(row.token_hash).toEqual(createHash('sha256').update(token).digest());
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('is good for a week, for as long as was said, or without an end', async () => {
    const id = await group();
    const seconds = async (input: object) => {
      const { createdAt, expiresAt } = await invite(id, input);
      return expiresAt && (Date.parse(expiresAt) - Date.parse(createdAt)) / 1000;
    };
    expect(await seconds({})).toBe(604_800);
    expect(await seconds({ expiresIn: 3600 })).toBe(3600);
    expect(await seconds({ expiresIn: null })).toBeNull();
    for (const input of [
      ...[0, 59, LIMITS.inviteSeconds + 1, 'x', 1.5].map((expiresIn) => ({ expiresIn })),
      ...[0, -1, LIMITS.groupMembers + 1, '1'].map((maxUses) => ({ maxUses })),
      { forever: true },
    ]) {
      expect(await ann.error('POST', `/conversations/${id}/invites`, input)).toMatchObject({
        code: 'payload_invalid',
      });
    }
  });

  it('is no matter of members and strangers, and there is none of a direct conversation', async () => {
    const id = await group([bob]);
    const made = await invite(id);
    const path = `/conversations/${id}/invites`;
    for (const [method, route, body] of [
      ['POST', path, {}],
      ['GET', path, undefined],
      ['DELETE', `${path}/${made.id}`, undefined],
    ] as const) {
      expect(await bob.error(method, route, body)).toMatchObject({ status: 403, code: 'forbidden' });
      expect(await dan.error(method, route, body)).toMatchObject({ code: 'conversation_not_found' });
      const direct = (await ann.ok('POST', '/conversations', { kind: 'direct', memberIds: [bob.id] }))
        .conversation.id;
      expect(await ann.error(method, route.replace(id, direct), body)).toMatchObject({ code: 'not_a_group' });
    }
    expect(await listed(id)).toHaveLength(1);
  });

  it('is revoked by whoever may make one, once or twice, and within its own group only', async () => {
    const [id, other] = [await group([bob]), await group()];
    await ann.ok('PATCH', `/conversations/${id}/members/${bob.id}`, { role: 'admin' });
    const made = await invite(id);
    expect(await ann.error('DELETE', `/conversations/${other}/invites/${made.id}`)).toMatchObject(
      flawed('unknown'),
    );
    for (let i = 0; i < 2; i++) await bob.ok('DELETE', `/conversations/${id}/invites/${made.id}`);
    expect(await listed(id)).toEqual([]);
    await expectRefused(dan, made, flawed('revoked'));
  });

  it('is one of at most 50 that can be used', async () => {
    const id = await group();
    const all = await Promise.all(
      Array.from({ length: LIMITS.invites + 1 }, () => ann.call('POST', `/conversations/${id}/invites`, {})),
    );
    const refused = all.filter(({ status }) => status !== 201);
    expect(refused).toMatchObject([{ status: 409, body: { error: { code: 'invite_limit' } } }]);
    const [first] = await listed(id);
    await ann.ok('DELETE', `/conversations/${id}/invites/${first!.id}`);
    await invite(id);
  });

  it('is forgotten a month after it was over, with who has come by it', async () => {
    const id = await group();
    const made = await invite(id);
    await accept(bob, made);
    const age = (days: number) =>
      server.source.query(`UPDATE invite SET revoked_at = now() - make_interval(days => $2) WHERE id = $1`, [
        made.id,
        days,
      ]);
    await age(29);
    await invite(id);
    expect(await refusal(dan, made)).toMatchObject(flawed('revoked'));
    await age(31);
    await invite(id);
    expect(await refusal(dan, made)).toMatchObject(flawed('unknown'));
    const uses = await server.source.query('SELECT FROM invite_use WHERE invite_id = $1', [made.id]);
    expect(uses).toEqual([]);
  });
});

describe('who has an invite', () => {
  it('sees the group before joining it, and the way in once inside', async () => {
    const id = await group([bob]);
    const made = await invite(id);
    const shown = { title: 'Plans', memberCount: 2, historyVisible: false, creator: { id: ann.id } };
    const { conversationId, expiresAt, ...rest } = await preview(dan, made);
    expect(rest).toEqual({ ...shown, creator: ann.tokens.user && expect.objectContaining({ id: ann.id }) });
    expect([conversationId, expiresAt]).toEqual([null, made.expiresAt]);
    expect(await preview(bob, made)).toMatchObject({ ...shown, conversationId: id });
    expect(await dan.error('GET', `/conversations/${id}`)).toMatchObject({ code: 'conversation_not_found' });
  });

  it('joins: all devices and the others are told, and what was before stays hidden', async () => {
    const id = await group([bob]);
    await say(ann, id);
    const made = await invite(id);
    const [anns, cleos, second] = [await ann.connect(), await cleo.connect(), await cleo.connect()];
    const answer = await accept(cleo, made);
    expect(answer).toMatchObject({ duplicate: false, conversation: { id, memberCount: 3, lastSeq: 3 } });
    for (const socket of [cleos, second]) {
      const created = await socket.next('conversation.created');
      expect(created).toMatchObject({ conversationId: id, version: 3, conversation: answer.conversation });
      expect(created.member).toMatchObject({ userId: cleo.id, role: 'member', joinedSeq: 2, readSeq: 2 });
    }
    expect((await anns.next('message.created')).message).toMatchObject({
      ...{ kind: 'system', seq: 3, senderId: cleo.id },
      metadata: { type: 'member.added', userIds: [cleo.id], invitedBy: ann.id },
    });
    const changed = await anns.next('member.changed');
    expect(changed).toMatchObject({
      version: 3,
      memberCount: 3,
      changes: [{ userId: cleo.id, role: 'member' }],
    });
    await say(cleo, id);
    expect(await seqsSeenBy(cleo, id)).toEqual([3, 4]);
    expect(await listed(id)).toMatchObject([{ id: made.id, uses: 1 }]);
  });

  it('sees everything in a group that shows its history', async () => {
    const id = await group([], { historyVisible: true });
    await say(ann, id);
    const made = await invite(id);
    expect(await preview(dan, made)).toMatchObject({ historyVisible: true });
    await accept(dan, made);
    expect(await seqsSeenBy(dan, id)).toEqual([1, 2, 3]);
  });

  it('is counted once, and a member gets the group whatever has become of the invite', async () => {
    const id = await group([bob]);
    const made = await invite(id, { maxUses: 1 });
    const all = await Promise.all(Array.from({ length: 5 }, () => accept(cleo, made)));
    expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(all.map(({ conversation }) => conversation.id))).toEqual(new Set([id]));
    // It is used up, and who is in already has used nothing of it.
    await expectRefused(dan, made, flawed('used_up'));
    await ann.ok('DELETE', `/conversations/${id}/invites/${made.id}`);
    for (const member of [ann, bob, cleo])
      expect(await accept(member, made)).toMatchObject({ duplicate: true, conversation: { id, lastSeq: 2 } });
    const [row] = await server.source.query('SELECT uses FROM invite WHERE id = $1', [made.id]);
    expect(row).toEqual({ uses: 1 });
  });

  it('is let in while there is a place: of 20 at once exactly 5', async () => {
    const id = await group();
    const made = await invite(id, { maxUses: 5 });
    const people = Object.values(
      await Person.registerAll(server.url, ...Array.from({ length: 20 }, (_, i) => `p${i}`)),
    );
    const answers = await Promise.all(
      people.flatMap((person) =>
        [1, 2].map(() => person.call('POST', '/invites/accept', { token: made.token })),
      ),
    );
    const [joined, refused] = [201, 404].map((wanted) => answers.filter(({ status }) => status === wanted));
    expect(joined!.filter(({ body }) => !body.duplicate)).toHaveLength(5);
    expect([joined!.length, refused!.length]).toEqual([10, 30]);
    for (const { body } of refused!) expect(body.error.details).toEqual({ reason: 'used_up' });
    const { items } = await ann.ok('GET', `/conversations/${id}/members`);
    expect(items).toHaveLength(6);
    const [row] = await server.source.query('SELECT uses FROM invite WHERE id = $1', [made.id]);
    expect(row).toEqual({ uses: 5 });
    expect(await listed(id)).toEqual([]);
  }, 60_000);

  it('is not let in after its end, nor with what is no token', async () => {
    const made = await invite(await group(), { expiresIn: 60 });
    await server.source.query('UPDATE invite SET expires_at = now() WHERE id = $1', [made.id]);
    await expectRefused(dan, made, flawed('expired'));
    for (const token of ['', 'x', `${made.token.slice(0, -1)}`, made.token.toUpperCase(), '\u0000'])
      await expectRefused(dan, { token }, flawed('unknown'));
    for (const token of [undefined, null, 1, 'x'.repeat(201)])
      expect(await dan.error('POST', '/invites/accept', { token })).toMatchObject({
        code: 'payload_invalid',
      });
  });

  it('comes back after leaving, without taking a place again, but not after being removed', async () => {
    const id = await group();
    const made = await invite(id, { maxUses: 1 });
    await accept(bob, made);
    await leave(bob, id);
    await say(ann, id);
    expect(await accept(bob, made)).toMatchObject({ duplicate: false });
    expect(await seqsSeenBy(bob, id)).toEqual([5]);
    const wide = await invite(id);
    await ann.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
    const forbidden = { status: 403, code: 'forbidden' };
    await expectRefused(bob, made, forbidden);
    await expectRefused(bob, wide, forbidden);
    // Who removed them may bring them back, and then nothing stands against them any more.
    await ann.ok('POST', `/conversations/${id}/members`, { userIds: [bob.id] });
    await leave(bob, id);
    expect(await accept(bob, wide)).toMatchObject({ duplicate: false });
  });

  it('does not come by somebody with whom there is a block', async () => {
    const id = await group([bob]);
    const made = await invite(id);
    for (const [by, whom] of [
      [ann, dan],
      [dan, ann],
    ] as const) {
      await by.ok('PUT', `/contacts/${whom.id}`, { action: 'block' });
      await expectRefused(dan, made, { status: 403, code: 'blocked' });
      await by.ok('PUT', `/contacts/${whom.id}`, { action: 'unblock' });
    }
    // Others in the group are no matter.
    await bob.ok('PUT', `/contacts/${dan.id}`, { action: 'block' });
    await accept(dan, made);
    await bob.ok('PUT', `/contacts/${dan.id}`, { action: 'unblock' });
  });

  it('finds no room in a full group', async () => {
    const id = await group();
    const made = await invite(id);
    await server.source.manager.update(ConversationEntity, { id }, { memberCount: LIMITS.groupMembers });
    expect(await refusal(dan, made)).toMatchObject({ status: 409, code: 'conversation_full' });
    await server.source.manager.update(ConversationEntity, { id }, { memberCount: 1 });
    // What was refused has used nothing.
    expect(await listed(id)).toMatchObject([{ uses: 0 }]);
  });
});

describe('an invite whose maker', () => {
  const revoked = flawed('revoked');

  it('is no admin any more, or has left, is not good until they are again', async () => {
    const id = await group([bob]);
    const role = (role: string) => ann.ok('PATCH', `/conversations/${id}/members/${bob.id}`, { role });
    await role('admin');
    const made = await invite(id, {}, bob);
    await role('member');
    await expectRefused(dan, made, revoked);
    expect(await listed(id)).toEqual([]);
    await role('admin');
    expect(await preview(dan, made)).toMatchObject({ creator: { id: bob.id } });
    await leave(bob, id);
    await expectRefused(dan, made, revoked);
  });

  it('has deleted the account is over, also of a group that nobody is left in', async () => {
    const gil = await Person.register(server.url, 'gil');
    const { conversation } = await gil.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
    const made = await invite(conversation.id, {}, gil);
    await gil.ok('DELETE', '/users/me', { password: PASSWORD });
    await expectRefused(dan, made, revoked);
    // Who was in line for it makes another.
    const again = await invite(conversation.id, {}, bob);
    await leave(bob, conversation.id);
    await expectRefused(dan, again, revoked);
  });
});

it('who was removed before there were invites is known by the entries that said so', async () => {
  const id = await group([bob, cleo, dan]);
  await ann.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
  await leave(cleo, id);
  const path = `/conversations/${id}/members/${dan.id}`;
  await ann.ok('DELETE', path);
  await ann.ok('POST', `/conversations/${id}/members`, { userIds: [dan.id] });
  const { migrations } = server.source;
  const migration = migrations.find(({ name }) => name?.startsWith('Invites'))!;
  const runner = server.source.createQueryRunner();
  await runner.startTransaction();
  await migration.down(runner);
  await migration.up(runner);
  await runner.commitTransaction();
  await runner.release();
  const rows = await server.source.manager.findBy(MemberEntity, { conversationId: id });
  const removedBy = new Map(rows.map((row) => [row.userId, row.removedBy]));
  expect(removedBy).toEqual(
    new Map([
      [ann.id, null],
      [bob.id, ann.id],
      [cleo.id, null],
      [dan.id, null],
    ]),
  );
});

it('errors name no token', async () => {
  const token = 'Secret-Token-of-24-chars';
  const answers = [
    await dan.error('POST', '/invites/accept', { token }),
    await dan.error('POST', '/invites/preview', { token, more: 1 }),
  ] as ErrorBody[];
  for (const answer of answers) expect(JSON.stringify(answer)).not.toContain(token);
});
