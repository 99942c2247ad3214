import { ConversationApi } from '@parley/client';
import type { User } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useParley } from '../core/parley';

const PAGE = 200;
const NOBODY: readonly User[] = [];

/** Members with their names, the first page of them: those that can be completed, and whose names are known then. */
export function usePeopleIn(conversationId: string): readonly User[] {
  const { client } = useParley();
  const [people, setPeople] = useState(NOBODY);
  const members = client.conversation(conversationId).state.getSnapshot()?.memberCount;
  useEffect(() => {
    let isWanted = true;
    const api = new ConversationApi(client, conversationId);
    api.listMembers({ limit: PAGE }).then(
      ({ items }) => isWanted && setPeople(items.map(({ user }) => user)),
      () => undefined, // names come one by one then
    );
    return () => void (isWanted = false);
  }, [client, conversationId, members]);
  return people;
}
