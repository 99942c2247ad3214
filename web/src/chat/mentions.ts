import { LIMITS, type User } from '@parley/protocol';
import { mentionedIn } from './text-parts';

/** Where a mention is being written. */
export interface MentionAt {
  readonly from: number;
  readonly typed: string;
}

/** What stands between an @ and the caret. */
export function mentionAt(text: string, caret: number): MentionAt | null {
  const found = /(?:^|[^\p{L}\p{N}_@])@([\p{L}\p{N}._-]{0,32})$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const typed = found[1] ?? '';
  return { from: caret - typed.length - 1, typed: typed.toLowerCase() };
}

/** Those whose names begin so. */
export function matching(people: readonly User[], typed: string, most = 6): User[] {
  const fits = ({ username, displayName }: User) =>
    username.startsWith(typed) || displayName.toLowerCase().startsWith(typed);
  return people.filter((user) => !user.deleted && fits(user)).slice(0, most);
}

/** What a mention may become: somebody's user name, or `all`. */
export function completions(people: readonly User[], typed: string): string[] {
  const names = people.map(({ username }) => username);
  return 'all'.startsWith(typed) ? [...names, 'all'] : names;
}

/** Who is mentioned in a text, as the protocol wants it. */
export function mentionsIn(
  text: string,
  people: readonly User[],
): { mentions?: string[]; mentionAll?: boolean } {
  // Not read yet: then an edit leaves the mentions as they are.
  if (people.length === 0) return {};
  const names = mentionedIn(text, new Set([...people.map(({ username }) => username), 'all']));
  const mentioned = people.filter(({ username, deleted }) => !deleted && names.has(username));
  return { mentions: mentioned.slice(0, LIMITS.mentions).map(({ id }) => id), mentionAll: names.has('all') };
}
