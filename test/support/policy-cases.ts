import { type Act, type Door, type Holder, POLICY, type Rule } from '../../src/common/policy';

/**
 * As whom something is tried. In a group: `former` was taken out, `newcomer` came after the message. Of a
 * direct conversation: `peer`, and of one with a block `blocked` and `blocker`. `revoked` holds the token of
 * a session that has ended.
 */
export type Part =
  | 'nobody'
  | 'revoked'
  | 'stranger'
  | 'former'
  | 'newcomer'
  | 'member'
  | 'admin'
  | 'owner'
  | 'peer'
  | 'blocked'
  | 'blocker';

export interface Case {
  readonly part: Part;
  /** Whether the message named is theirs. */
  readonly own: boolean;
  /** `allowed`, an error's code, or `unknown`: they are told nothing. */
  readonly outcome: string;
}

const EVERY_MEMBER: readonly Holder[] = ['owner', 'admin', 'member'];

/** Each act with each of its doors. */
export const ACTS: [act: Act, door: Door][] = Object.entries<Rule>(POLICY).flatMap(([act, { doors }]) =>
  doors.map((door): [Act, Door] => [act as Act, door]),
);

export function ruleOf(act: Act): Rule {
  return POLICY[act];
}

/** What the policy says of everybody who may come through a door. */
export function casesOf(act: Act, door: Door): Case[] {
  const rule = ruleOf(act);
  const cases: Case[] = [];
  const add = (part: Part, outcome: string, own = false) => cases.push({ part, outcome, own });
  const isEvent = !door.includes(' ');
  if (rule.who === 'anybody') {
    // Where it takes something that was handed to somebody, nobody here has it.
    add('nobody', rule.missing ?? 'allowed');
    if (!isEvent) add('revoked', rule.missing ?? 'allowed');
    return cases;
  }
  add('nobody', 'unauthenticated');
  // A socket that was not let in is nobody's.
  add('revoked', isEvent ? 'unauthenticated' : 'session_revoked');
  if (rule.who === 'member') for (const one of amongMembers(rule)) cases.push(one);
  else if (rule.who === 'acquaintance') {
    for (const part of ['stranger', 'former', 'blocked', 'blocker'] as const) add(part, 'unknown');
    for (const part of ['newcomer', 'member', 'admin', 'owner', 'peer'] as const) add(part, 'allowed');
  } else if (rule.who === 'operator') {
    // That those who are may do it, and what of it by which scope, is for test/operators and test/api-keys.
    for (const part of ['stranger', 'owner', 'admin'] as const) add(part, 'forbidden');
  } else {
    add('stranger', 'allowed');
    if (rule.block) {
      add('blocked', rule.block === 'refuses' ? 'blocked' : 'allowed');
      add('blocker', rule.block === 'hides' ? 'allowed' : 'blocked');
    }
  }
  return cases;
}

function amongMembers({ group = EVERY_MEMBER, direct = EVERY_MEMBER, block, message }: Rule): Case[] {
  const authors = message ? [true, false] : [false];
  const judged = (holders: readonly Holder[] | null, role: Holder, own: boolean) => {
    if (!holders) return 'not_a_group';
    return holders.includes(role) || (own && holders.includes('sender')) ? 'allowed' : 'forbidden';
  };
  const cases: Case[] = (['stranger', 'former'] as const).map((part) => {
    return { part, own: false, outcome: 'conversation_not_found' };
  });
  if (message) cases.push({ part: 'newcomer', own: false, outcome: 'message_not_found' });
  for (const own of authors) {
    for (const role of ['member', 'admin', 'owner'] as const) {
      cases.push({ part: role, own, outcome: judged(group, role, own) });
    }
    cases.push({ part: 'peer', own, outcome: judged(direct, 'member', own) });
    for (const part of ['blocked', 'blocker'] as const) {
      const outcome = block === 'refuses' ? 'blocked' : judged(direct, 'member', own);
      cases.push({ part, own, outcome });
    }
  }
  return cases;
}

/** The policy as docs/security.md shows it. */
export function policyTable(): string {
  const list = (holders: readonly Holder[] | undefined) => holders?.join(', ') ?? 'all members';
  const rows = Object.entries<Rule>(POLICY).map(([act, rule]) => {
    const isOfMembers = rule.who === 'member';
    const who = [rule.who, rule.message && 'who sees the message', rule.writtenOnly && 'not of entries'];
    return [
      act,
      who.filter(Boolean).join(', '),
      isOfMembers ? list(rule.group) : '',
      isOfMembers ? (rule.direct === null ? '`not_a_group`' : list(rule.direct)) : '',
      rule.block ?? '',
      rule.missing ? `\`${rule.missing}\`` : '',
      rule.doors.map((door) => `\`${door.replace(' /v1', ' ')}\``).join(', '),
    ];
  });
  const head = ['act', 'who', 'in a group', 'in a direct conversation', 'a block', 'not there', 'by'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.map((line) => line.replaceAll('|  |', '| |').replaceAll('|  |', '| |')).join('\n');
}
