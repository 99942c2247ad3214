import type { ConversationState } from '@parley/client';
import type { User } from '@parley/protocol';
import type { Dictionary } from '../i18n/en';
import { useText } from '../i18n/text';
import { useParley, useUsers } from './parley';

/** Somebody's name as it is shown; the account may be deleted, or not known yet. */
export function nameOf(user: User | null, words: Dictionary): string {
  if (!user) return words.people.somebody;
  return user.deleted ? words.people.deleted : user.displayName || user.username;
}

/** What a conversation is called. */
export function titleOf({ kind, title, peer }: ConversationState, words: Dictionary): string {
  return kind === 'group' ? title || words.group.new : nameOf(peer, words);
}

/** Names of several people, in their order; mine is "You" where wanted. */
export function useNames(userIds: readonly string[], isMeYou = false): string[] {
  const { client } = useParley();
  const words = useText();
  return useUsers(userIds).map((user, at) =>
    isMeYou && userIds[at] === client.userId ? words.people.you : nameOf(user, words),
  );
}
