import { useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { Icon, IconButton } from '../ui/icon';
import { ConversationList } from './conversation-list';
import { SearchResults } from './search-results';

/** What opens above the page from here. */
export type Window = 'settings' | 'contacts' | 'group';

/** The left side: where one goes from. */
export function Sidebar({ shown, onOpen }: { shown: string | null; onOpen: (window: Window) => void }) {
  const { list } = useText();
  const { contacts } = useParley();
  const [query, setQuery] = useState('');
  const requests = useStore(contacts.list)?.filter(({ state }) => state === 'incoming').length ?? 0;
  const contactsLabel = requests > 0 ? `${list.contacts}, ${list.requests(requests)}` : list.contacts;
  return (
    <nav class="sidebar" aria-label={list.title}>
      <header class="sidebar-head">
        <h1>Parley</h1>
        <IconButton icon="group" label={list.newGroup} onClick={() => onOpen('group')} />
        <IconButton icon="people" label={contactsLabel} badge={requests} onClick={() => onOpen('contacts')} />
        <IconButton icon="settings" label={list.settings} onClick={() => onOpen('settings')} />
      </header>
      <div class="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label={list.search}
          placeholder={list.search}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && setQuery('')}
        />
      </div>
      <div class="sidebar-scroll" tabIndex={-1}>
        {query.trim() === '' ? (
          <ConversationList shown={shown} />
        ) : (
          <SearchResults query={query.trim()} onChosen={() => setQuery('')} />
        )}
      </div>
    </nav>
  );
}
