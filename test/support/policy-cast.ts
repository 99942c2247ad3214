import { randomUUID } from 'node:crypto';
import type { InviteMade } from '@parley/protocol';
import type { Case } from './policy-cases';
import { Person } from './person';

/** Everything that a request may have to name. */
export interface Setting {
  /** Who asks; null: nobody. */
  readonly actor: Person | null;
  readonly token: string | undefined;
  /** Somebody else whom the request may name. */
  readonly named: Person;
  readonly conversationId: string;
  readonly messageId: string;
  /** Of the conversation, where it has one. */
  readonly invite: Invited;
}

type Invited = Pick<InviteMade, 'id' | 'token'>;

/** A conversation with a message by each part. */
interface Place {
  readonly conversationId: string;
  readonly messages: Partial<Record<Name, string>>;
  readonly others: string;
  readonly invite?: Invited;
}

const NAMES = [
  ...['stranger', 'former', 'newcomer', 'member', 'admin', 'owner', 'peer', 'blocked', 'blocker'],
  ...['coMember', 'coAdmin', 'coOwner', 'otherPeer', 'outsider', 'revoked'],
] as const;
type Name = (typeof NAMES)[number];

/** People, and the conversations in which they stand as a policy's cases need them. */
export class Cast {
  private places = new Map<string, Promise<Place>>();
  private account: Promise<Person> | undefined;

  private constructor(readonly people: Record<Name, Person>) {}

  static async gather(url: string): Promise<Cast> {
    const people: Partial<Record<Name, Person>> = {};
    // A few at once: passwords are hashed by two or three.
    for (const name of NAMES) people[name] = await Person.register(url, name.toLowerCase());
    const cast = new Cast(people as Record<Name, Person>);
    await cast.people.revoked.ok('POST', '/auth/logout');
    await cast.people.blocker.ok('PUT', `/contacts/${cast.people.blocked.id}`, { action: 'block' });
    return cast;
  }

  /** Has the conversations, and the account, made anew: something was changed in them. */
  spoil(): void {
    this.places = new Map();
    this.account = undefined;
  }

  /** What a case finds; about an `account` it is somebody new, as it may end with that. */
  async setting({ part, own }: Case, scene: 'group' | 'account'): Promise<Setting> {
    const { people } = this;
    if (part === 'peer' || part === 'blocked' || part === 'blocker') {
      const pair = part === 'peer' ? 'pair' : scene === 'group' ? 'blocked' : null;
      const partner = { peer: 'otherPeer', blocked: 'blocker', blocker: 'blocked' } as const;
      const place = pair && (await this.at(pair));
      return this.on(people[part], people[partner[part]], place, own ? part : partner[part]);
    }
    const place = await this.at('group');
    const named = scene === 'account' ? people.outsider : people.coMember;
    const token = { nobody: undefined, revoked: people.revoked.tokens.accessToken };
    if (part === 'nobody' || part === 'revoked') {
      return { ...this.on(people.revoked, named, place), actor: null, token: token[part] };
    }
    const actor = scene === 'account' ? await this.somebody() : people[part];
    return this.on(actor, named, place, own ? part : undefined);
  }

  /** A conversation of who asks, beside somebody who has blocked, or is blocked by, them. */
  async besideBlock(part: 'blocked' | 'blocker'): Promise<Setting> {
    const [actor, named] = this.divided(part);
    return this.on(actor, named, await groupOf(actor));
  }

  /** A conversation of the other, which who asks has an invite to. */
  async invitedOverBlock(part: 'blocked' | 'blocker'): Promise<Setting> {
    const [actor, named] = this.divided(part);
    return this.on(actor, named, await groupOf(named));
  }

  /** A conversation of somebody else with its invite, and a message of another conversation of theirs. */
  async elsewhere(person: Person): Promise<{ strange: string; inviteId: string; messageId: string }> {
    const { conversationId: strange, invite } = await groupOf(this.people.stranger);
    const own = await groupOf(person);
    return { strange, inviteId: invite!.id, messageId: await say(person, own.conversationId) };
  }

  private divided(part: 'blocked' | 'blocker'): [actor: Person, named: Person] {
    const { blocked, blocker } = this.people;
    return part === 'blocked' ? [blocked, blocker] : [blocker, blocked];
  }

  private somebody(): Promise<Person> {
    return (this.account ??= Person.register(this.people.owner.url));
  }

  private on(actor: Person, named: Person, place: Place | null, author?: Name): Setting {
    const messageId = (author && place?.messages[author]) ?? place?.others ?? randomUUID();
    const conversationId = place?.conversationId ?? randomUUID();
    const invite = place?.invite ?? { id: randomUUID(), token: 'none' };
    return { actor, token: actor.tokens.accessToken, named, conversationId, messageId, invite };
  }

  private at(kind: 'group' | 'pair' | 'blocked'): Promise<Place> {
    const make = { group: () => this.group(), pair: () => this.pair(), blocked: () => this.blockedPair() };
    const place = this.places.get(kind) ?? make[kind]();
    this.places.set(kind, place);
    return place;
  }

  private async group(): Promise<Place> {
    const { owner, admin, member, former, newcomer, coOwner, coAdmin, coMember } = this.people;
    const memberIds = [admin, member, former, coOwner, coAdmin, coMember].map(({ id }) => id);
    const made = await owner.ok('POST', '/conversations', { kind: 'group', title: 'Plans', memberIds });
    const conversationId: string = made.conversation.id;
    const members = `/conversations/${conversationId}/members`;
    const role = (person: Person, role: string) => owner.ok('PATCH', `${members}/${person.id}`, { role });
    await Promise.all([role(admin, 'admin'), role(coAdmin, 'admin'), role(coOwner, 'owner')]);
    const authors = [owner, admin, member, coMember];
    const [ofOwner, ofAdmin, ofMember, others] = await Promise.all(
      authors.map((author) => say(author, conversationId)),
    );
    await owner.ok('DELETE', `${members}/${former.id}`);
    await owner.ok('POST', members, { userIds: [newcomer.id] });
    const messages = { owner: ofOwner!, admin: ofAdmin!, member: ofMember! };
    return { conversationId, messages, others: others!, invite: await invited(owner, conversationId) };
  }

  private async pair(): Promise<Place> {
    const { peer, otherPeer } = this.people;
    const { conversationId, ...said } = await talk(peer, otherPeer);
    return { conversationId, messages: { peer: said.mine }, others: said.theirs };
  }

  private async blockedPair(): Promise<Place> {
    const { blocked, blocker } = this.people;
    const contact = `/contacts/${blocked.id}`;
    await blocker.ok('PUT', contact, { action: 'unblock' });
    const { conversationId, mine, theirs } = await talk(blocked, blocker);
    await blocker.ok('PUT', contact, { action: 'block' });
    return { conversationId, messages: { blocked: mine, blocker: theirs }, others: theirs };
  }
}

async function talk(me: Person, them: Person) {
  const sent = await me.ok('POST', '/messages', { id: randomUUID(), text: 'x', to: them.id });
  const conversationId: string = sent.message.conversationId;
  return { conversationId, mine: sent.message.id as string, theirs: await say(them, conversationId) };
}

async function say(person: Person, conversationId: string): Promise<string> {
  const id = randomUUID();
  await person.ok('POST', `/conversations/${conversationId}/messages`, { id, text: 'x' });
  return id;
}

/** A group in which somebody is alone. */
async function groupOf(person: Person): Promise<Place> {
  const made = await person.ok('POST', '/conversations', { kind: 'group', memberIds: [] });
  const conversationId: string = made.conversation.id;
  const invite = await invited(person, conversationId);
  return { conversationId, messages: {}, others: randomUUID(), invite };
}

function invited(person: Person, conversationId: string): Promise<InviteMade> {
  return person.ok('POST', `/conversations/${conversationId}/invites`, {});
}
