import type { ClientEvent, ErrorCode, MemberRole } from '@parley/protocol';

/** A route, as the OpenAPI document names it, or an event of the socket. */
export type Door = ClientEvent | `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

/**
 * Who may ask at all:
 * - `anybody`: no token is needed;
 * - `connection`: whoever holds the connection, about nothing else, also while nobody can be judged;
 * - `self`: about what belongs to the account of the token, by which every statement looks for it;
 * - `account`: every account, also about others;
 * - `acquaintance`: every account; of others than friends and fellow members it is told nothing;
 * - `operator`: administrators, and the product's API keys with the scope that the route names;
 * - `member`: members of the conversation that is named; for all others there is none.
 */
export type Who = 'anybody' | 'connection' | 'self' | 'account' | 'acquaintance' | 'operator' | 'member';

/** Whom of a conversation's members something is left to; the sender is that of the message named. */
export type Holder = MemberRole | 'sender';

export interface Rule {
  readonly who: Who;
  readonly doors: readonly Door[];
  /** Of the members of a group, those who may; missing: all. */
  readonly group?: readonly Holder[];
  /** The same in a direct conversation, where both are `member`; null: there it is `not_a_group`. */
  readonly direct?: readonly Holder[] | null;
  /**
   * What a block does, between the two of a direct conversation or towards somebody named: `refuses` both
   * (`blocked`), refuses the `blocker` only, or `hides` and is told to nobody; missing: nothing.
   */
  readonly block?: 'refuses' | 'blocker' | 'hides';
  /** Whether it names a message, which who cannot see it does not find. */
  readonly message?: true;
  /** Whether entries of the server are out of its reach. */
  readonly writtenOnly?: true;
  /** What is said of a person who is not there, a session of somebody else or an invite that is none. */
  readonly missing?: ErrorCode;
}

const KEEPERS = ['owner', 'admin'] as const;

/** Who may do what: the one place that says so, which guard, router and services ask. */
export const POLICY = {
  // accounts
  'health.ask': { who: 'anybody', doors: ['GET /health/live', 'GET /health/ready'] },
  'account.enter': {
    who: 'anybody',
    doors: ['POST /v1/auth/register', 'POST /v1/auth/login', 'POST /v1/auth/refresh', 'auth'],
  },
  'password.choose': {
    who: 'anybody',
    doors: ['POST /v1/auth/password-reset'],
    missing: 'credentials_invalid',
  },
  'connection.ping': { who: 'connection', doors: ['ping'] },
  'connection.renew': { who: 'connection', doors: ['auth.refresh'], missing: 'forbidden' },
  'account.keep': {
    who: 'self',
    doors: ['GET /v1/users/me', 'PATCH /v1/users/me', 'DELETE /v1/users/me', 'POST /v1/auth/password'],
  },
  'session.list': { who: 'self', doors: ['GET /v1/auth/sessions'] },
  'session.end': {
    who: 'self',
    doors: ['POST /v1/auth/logout', 'DELETE /v1/auth/sessions/{sessionId}'],
    missing: 'session_not_found',
  },

  // people
  'user.find': {
    who: 'account',
    doors: ['GET /v1/users', 'GET /v1/users/{userId}'],
    missing: 'user_not_found',
  },
  'user.put': { who: 'operator', doors: ['PUT /v1/external-users/{externalId}'] },
  'user.look_up': {
    who: 'operator',
    doors: ['GET /v1/external-users/{externalId}'],
    missing: 'user_not_found',
  },
  'user.shut_out': {
    who: 'operator',
    doors: ['DELETE /v1/users/{userId}/sessions', 'POST /v1/users/{userId}/password-reset'],
    missing: 'user_not_found',
  },
  'contact.list': { who: 'self', doors: ['GET /v1/contacts'] },
  'contact.request': {
    who: 'account',
    doors: ['PUT /v1/contacts/{userId}'],
    block: 'blocker',
    missing: 'user_not_found',
  },
  'contact.block': { who: 'account', doors: ['PUT /v1/contacts/{userId}'], missing: 'user_not_found' },
  'contact.remove': { who: 'self', doors: ['DELETE /v1/contacts/{userId}'] },
  'presence.choose': { who: 'self', doors: ['presence.set'] },
  'presence.know': { who: 'acquaintance', doors: ['GET /v1/presence', 'presence.watch'], block: 'hides' },

  // conversations
  'conversation.list': { who: 'self', doors: ['GET /v1/conversations', 'GET /v1/sync', 'sync'] },
  'conversation.read': {
    who: 'member',
    doors: [
      'GET /v1/conversations/{conversationId}',
      'GET /v1/conversations/{conversationId}/changes',
      'GET /v1/conversations/{conversationId}/members',
      'GET /v1/conversations/{conversationId}/messages',
      'GET /v1/conversations/{conversationId}/pins',
      'GET /v1/conversations/{conversationId}/receipts',
      'GET /v1/conversations/{conversationId}/unread',
      'changes',
    ],
  },
  'direct.begin': {
    who: 'account',
    doors: ['POST /v1/conversations', 'POST /v1/messages', 'message.send'],
    block: 'refuses',
    missing: 'user_not_found',
  },
  'group.make': {
    who: 'account',
    doors: ['POST /v1/conversations'],
    block: 'refuses',
    missing: 'user_not_found',
  },
  'group.rename': {
    who: 'member',
    doors: ['PATCH /v1/conversations/{conversationId}'],
    group: KEEPERS,
    direct: null,
  },
  'member.add': {
    who: 'member',
    doors: ['POST /v1/conversations/{conversationId}/members'],
    group: KEEPERS,
    direct: null,
    block: 'refuses',
    missing: 'user_not_found',
  },
  'member.leave': {
    who: 'member',
    doors: ['DELETE /v1/conversations/{conversationId}/members/{userId}'],
    direct: null,
  },
  'member.remove': {
    who: 'member',
    doors: ['DELETE /v1/conversations/{conversationId}/members/{userId}'],
    group: KEEPERS,
    direct: null,
    missing: 'member_not_found',
  },
  'admin.remove': {
    who: 'member',
    doors: ['DELETE /v1/conversations/{conversationId}/members/{userId}'],
    group: ['owner'],
    direct: null,
    missing: 'member_not_found',
  },
  'owner.remove': {
    who: 'member',
    doors: ['DELETE /v1/conversations/{conversationId}/members/{userId}'],
    group: ['owner'],
    direct: null,
    missing: 'member_not_found',
  },
  'role.change': {
    who: 'member',
    doors: [
      'PATCH /v1/conversations/{conversationId}/members/{userId}',
      'POST /v1/conversations/{conversationId}/handover',
    ],
    group: ['owner'],
    direct: null,
    missing: 'member_not_found',
  },
  'receipt.move': {
    who: 'member',
    doors: [
      'POST /v1/conversations/{conversationId}/receipts/delivered',
      'POST /v1/conversations/{conversationId}/receipts/read',
      'receipt.delivered',
      'receipt.read',
    ],
    message: true,
  },
  'invite.manage': {
    who: 'member',
    doors: [
      'GET /v1/conversations/{conversationId}/invites',
      'POST /v1/conversations/{conversationId}/invites',
      'DELETE /v1/conversations/{conversationId}/invites/{inviteId}',
    ],
    group: KEEPERS,
    direct: null,
    missing: 'invite_invalid',
  },
  'invite.take': {
    who: 'account',
    doors: ['POST /v1/invites/preview', 'POST /v1/invites/accept'],
    block: 'refuses',
    missing: 'invite_invalid',
  },
  'typing.tell': { who: 'member', doors: ['typing.set'], block: 'hides' },

  // messages
  'message.send': {
    who: 'member',
    doors: ['POST /v1/conversations/{conversationId}/messages', 'message.send'],
    block: 'refuses',
  },
  'message.inspect': {
    who: 'member',
    doors: [
      'GET /v1/conversations/{conversationId}/messages/{messageId}/edits',
      'GET /v1/conversations/{conversationId}/messages/{messageId}/reactions',
      'GET /v1/conversations/{conversationId}/messages/{messageId}/readers',
    ],
    message: true,
  },
  'message.edit': {
    who: 'member',
    doors: ['PATCH /v1/conversations/{conversationId}/messages/{messageId}', 'message.edit'],
    group: ['sender'],
    direct: ['sender'],
    block: 'refuses',
    message: true,
    writtenOnly: true,
  },
  'message.delete': {
    who: 'member',
    doors: ['DELETE /v1/conversations/{conversationId}/messages/{messageId}', 'message.delete'],
    group: ['sender', ...KEEPERS],
    direct: ['sender'],
    message: true,
    writtenOnly: true,
  },
  'message.hide': {
    who: 'member',
    doors: ['DELETE /v1/conversations/{conversationId}/messages/{messageId}', 'message.delete'],
    message: true,
  },
  'message.react': {
    who: 'member',
    doors: [
      'PUT /v1/conversations/{conversationId}/messages/{messageId}/reactions/{emoji}',
      'DELETE /v1/conversations/{conversationId}/messages/{messageId}/reactions/{emoji}',
      'reaction.set',
    ],
    block: 'refuses',
    message: true,
  },
  'message.pin': {
    who: 'member',
    doors: [
      'PUT /v1/conversations/{conversationId}/messages/{messageId}/pin',
      'DELETE /v1/conversations/{conversationId}/messages/{messageId}/pin',
      'pin.set',
    ],
    group: KEEPERS,
    block: 'refuses',
    message: true,
  },
} as const satisfies Record<string, Rule>;

export type Act = keyof typeof POLICY;

/** The acts that a door leads to, with their rules; of a door without a row nobody may know. */
export function rulesOf(door: string): readonly Rule[] {
  const rules = byDoor.get(door);
  if (!rules) throw new Error(`${door} has no row in src/common/policy.ts`);
  return rules;
}

const byDoor = new Map<string, Rule[]>();
for (const rule of Object.values<Rule>(POLICY)) {
  for (const door of rule.doors) byDoor.set(door, [...(byDoor.get(door) ?? []), rule]);
}
