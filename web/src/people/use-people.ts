import type { User } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useParley } from '../core/parley';

/** Somebody who types is not asked for after each letter. */
const PAUSE_MS = 200;
const NOBODY: readonly User[] = [];

/** People whose names begin so. */
export function usePeople(query: string): readonly User[] {
  const { users } = useParley();
  const [people, setPeople] = useState(NOBODY);
  useEffect(() => {
    if (query === '') return setPeople(NOBODY);
    let isWanted = true;
    const timer = setTimeout(() => {
      const found = users.search(query, { limit: 20 }).then(({ items }) => items);
      void found.catch(() => NOBODY).then((items) => isWanted && setPeople(items));
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [users, query]);
  return people;
}
