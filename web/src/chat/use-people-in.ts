import { ConversationApi } from '@parley/client';
import type { User } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useParley } from '../core/parley';

const PAGE = 200;
/** Somebody who types is not asked for after each letter. */
const PAUSE_MS = 200;
const FOUND = 10;
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

/** The same, and of a group with more members those whose names begin so; who was found stays known. */
export function usePeopleNamed(conversationId: string, people: readonly User[], typed: string) {
  const { client } = useParley();
  const [found, setFound] = useState(NOBODY);
  const isLarge = (client.conversation(conversationId).state.getSnapshot()?.memberCount ?? 0) > PAGE;
  const wanted = isLarge ? typed : '';
  useEffect(() => {
    if (wanted === '') return;
    let isWanted = true;
    const timer = setTimeout(() => {
      const api = new ConversationApi(client, conversationId);
      api.listMembers({ query: wanted, limit: FOUND }).then(
        ({ items }) =>
          isWanted &&
          setFound((before) =>
            together(
              before,
              items.map(({ user }) => user),
            ),
          ),
        () => undefined, // those that are known have to do
      );
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [client, conversationId, wanted]);
  return together(people, found);
}

function together(people: readonly User[], more: readonly User[]): readonly User[] {
  const known = new Set(people.map(({ id }) => id));
  const others = more.filter(({ id }) => !known.has(id));
  return others.length === 0 ? people : [...people, ...others];
}
