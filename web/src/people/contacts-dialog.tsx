import type { ContactState } from '@parley/protocol';
import { useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { show } from '../core/route';
import { attempt } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { Dialog } from '../ui/dialog';
import { ContactActs } from './contact-acts';
import { Person } from './person';
import { usePeople } from './use-people';

const SECTIONS = [
  ['incoming', 'incoming'],
  ['accepted', 'friends'],
  ['outgoing', 'outgoing'],
  ['blocked', 'blocked'],
] as const satisfies readonly (readonly [ContactState, string])[];

/** Friends, requests and blocks, and people who may become one of these. */
export function ContactsDialog({ onClose }: { onClose: () => void }) {
  const { client, contacts } = useParley();
  const words = useText().people;
  const [query, setQuery] = useState('');
  const all = useStore(contacts.list);
  const found = usePeople(query.trim()).filter(({ id }) => id !== client.userId);
  const write = (userId: string) =>
    attempt(async () => {
      show((await client.openDirect(userId)).id);
      onClose();
    });
  return (
    <Dialog title={words.title} onClose={onClose}>
      <input
        type="search"
        class="input"
        aria-label={words.search}
        placeholder={words.search}
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <ul class="people">
        {found.map((user) => (
          <Person key={user.id} user={user}>
            <WriteButton onClick={() => void write(user.id)} />
            <ContactActs userId={user.id} />
          </Person>
        ))}
      </ul>
      {query.trim() === '' &&
        SECTIONS.map(([state, title]) => {
          const inIt = all?.filter((contact) => contact.state === state) ?? [];
          if (inIt.length === 0 && state !== 'accepted') return null;
          return (
            <section key={state}>
              <h3 class="section">{words[title]}</h3>
              {inIt.length === 0 && <p class="hint">{words.none}</p>}
              <ul class="people">
                {inIt.map(({ user }) => (
                  <Person key={user.id} user={user}>
                    {state !== 'blocked' && <WriteButton onClick={() => void write(user.id)} />}
                    <ContactActs userId={user.id} />
                  </Person>
                ))}
              </ul>
            </section>
          );
        })}
    </Dialog>
  );
}

function WriteButton({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" class="button small" onClick={onClick}>
      {useText().people.write}
    </button>
  );
}
