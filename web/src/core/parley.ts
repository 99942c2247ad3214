import type { ConversationHandle, ConversationState, ParleyAccount, ParleyClient } from '@parley/client';
import { Contacts, Users } from '@parley/client';
import type { Me, User } from '@parley/protocol';
import { createContext } from 'preact';
import { useContext, useLayoutEffect, useMemo, useReducer } from 'preact/hooks';
import type { Cell } from './cell';
import type { Drafts } from './drafts';
import { useStore } from './use-store';

/** All that the page of somebody who is logged in works with. */
export interface Parley {
  readonly account: ParleyAccount;
  readonly client: ParleyClient;
  readonly users: Users;
  readonly contacts: Contacts;
  readonly drafts: Drafts;
  readonly me: Cell<Me>;
  readonly logOut: () => Promise<void>;
}

export const ParleyContext = createContext<Parley | null>(null);

export function useParley(): Parley {
  const parley = useContext(ParleyContext);
  if (!parley) throw new Error('nobody is logged in above this component');
  return parley;
}

/** People's names, in their order; null until they are known. */
export function useUsers(userIds: readonly string[]): (User | null)[] {
  const { users } = useParley();
  const [, renderAgain] = useReducer((count: number, _: void) => count + 1, 0);
  useLayoutEffect(() => {
    const ends = userIds.map((id) => users.of(id).subscribe(() => renderAgain()));
    return () => ends.forEach((end) => end());
  }, [users, userIds.join()]);
  return userIds.map((id) => users.of(id).getSnapshot());
}

/** Somebody's names; null until they are known. */
export function useUser(userId: string): User | null {
  return useStore(useParley().users.of(userId));
}

export function useConversation(id: string): {
  conversation: ConversationHandle;
  state: ConversationState | null;
} {
  const { client } = useParley();
  const conversation = useMemo(() => client.conversation(id), [client, id]);
  return { conversation, state: useStore(conversation.state) };
}
