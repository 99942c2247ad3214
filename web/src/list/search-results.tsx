import type { User } from '@parley/protocol';
import { nameOf, titleOf } from '../core/names';
import { useParley } from '../core/parley';
import { show } from '../core/route';
import { attempt } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { usePeople } from '../people/use-people';
import { Avatar } from '../ui/avatar';
import { ConversationLine } from './conversation-line';
import { moveFocus } from './conversation-list';

const MOST = 20;

/** Conversations and people of a name. */
export function SearchResults({ query, onChosen }: { query: string; onChosen: () => void }) {
  const { client } = useParley();
  const words = useText();
  const people = usePeople(query);
  const wanted = query.toLowerCase();
  const found = useStore(client.conversations)
    .filter((state) => titleOf(state, words).toLowerCase().includes(wanted))
    .slice(0, MOST);
  const shown = new Set(found.map(({ peer }) => peer?.id));
  const others = people.filter(({ id }) => id !== client.userId && !shown.has(id));
  const isNothing = found.length + others.length === 0;
  return (
    <div onKeyDown={moveFocus}>
      <ul class="lines" onClick={onChosen}>
        {found.map((state) => (
          <ConversationLine key={state.id} state={state} isShown={false} isFar />
        ))}
      </ul>
      {others.length > 0 && <h2 class="section">{words.list.people}</h2>}
      <ul class="lines">
        {others.map((user) => (
          <PersonLine key={user.id} user={user} onChosen={onChosen} />
        ))}
      </ul>
      {isNothing && <p class="hint">{words.list.nobody}</p>}
    </div>
  );
}

function PersonLine({ user, onChosen }: { user: User; onChosen: () => void }) {
  const { client } = useParley();
  const name = nameOf(user, useText());
  const open = () =>
    attempt(async () => {
      show((await client.openDirect(user.id)).id);
      onChosen();
    });
  return (
    <li>
      <button type="button" class="line" onClick={() => void open()}>
        <Avatar name={name} id={user.id} />
        <span class="line-head">
          <bdi class="line-title">{name}</bdi>
        </span>
        <span class="line-foot">
          <span class="line-preview">@{user.username}</span>
        </span>
      </button>
    </li>
  );
}
