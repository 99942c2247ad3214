import type { User } from '@parley/protocol';
import { useState } from 'preact/hooks';
import { nameOf } from '../core/names';
import { useParley } from '../core/parley';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { usePeople } from '../people/use-people';
import { Avatar } from '../ui/avatar';

interface PeoplePickerProps {
  chosen: readonly User[];
  onChange: (chosen: User[]) => void;
  /** Those who are there already. */
  without?: ReadonlySet<string>;
}

/** Chooses people: friends are proposed, others are found by name. */
export function PeoplePicker({ chosen, onChange, without }: PeoplePickerProps) {
  const { client, contacts } = useParley();
  const words = useText();
  const [query, setQuery] = useState('');
  const found = usePeople(query.trim());
  const friends = useStore(contacts.list)?.flatMap(({ state, user }) => (state === 'accepted' ? [user] : []));
  const isChosen = ({ id }: User) => chosen.some((user) => user.id === id);
  const proposed = (query.trim() === '' ? (friends ?? []) : found).filter(
    (user) => user.id !== client.userId && !without?.has(user.id) && !isChosen(user),
  );
  return (
    <div class="picker">
      <ul class="chips">
        {chosen.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              class="chip"
              onClick={() => onChange(chosen.filter(({ id }) => id !== user.id))}
            >
              <bdi>{nameOf(user, words)}</bdi> <span aria-hidden="true">×</span>
              <span class="unseen">{words.group.remove}</span>
            </button>
          </li>
        ))}
      </ul>
      <input
        type="search"
        class="input"
        aria-label={words.people.search}
        placeholder={words.people.search}
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      <ul class="people">
        {proposed.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              class="line"
              onClick={() => {
                onChange([...chosen, user]);
                setQuery('');
              }}
            >
              <Avatar name={nameOf(user, words)} id={user.id} />
              <span class="line-head">
                <bdi class="line-title">{nameOf(user, words)}</bdi>
              </span>
              <span class="line-foot">
                <span class="line-preview">@{user.username}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
