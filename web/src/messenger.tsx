import { useEffect, useState } from 'preact/hooks';
import { Chat } from './chat/chat';
import { useParley } from './core/parley';
import { invited, route } from './core/route';
import { useStore } from './core/use-store';
import { InvitationDialog } from './group/invitation-dialog';
import { NewGroup } from './group/new-group';
import { useText } from './i18n/text';
import { ConnectionBanner } from './list/connection-banner';
import { Sidebar, type Window } from './list/sidebar';
import { useNotifications } from './notifications';
import { ContactsDialog } from './people/contacts-dialog';
import { Settings } from './settings/settings';
import { Logo } from './ui/icon';

/** The page of somebody who is logged in: the list, and beside it a conversation. */
export function Messenger() {
  const { client } = useParley();
  const { chat } = useText();
  const shown = useStore(route);
  const token = useStore(invited);
  const [window, setWindow] = useState<Window | null>(null);
  const close = () => setWindow(null);
  useTitle();
  useNotifications();
  useEffect(() => client.on('left', ({ conversationId }) => leaveIfShown(conversationId)), [client]);
  return (
    <div class={`messenger ${shown ? 'is-in-chat' : 'is-in-list'}`}>
      <ConnectionBanner />
      <Sidebar shown={shown} onOpen={setWindow} />
      <main class="stage">
        {shown ? (
          <Chat key={shown} id={shown} />
        ) : (
          <div class="nothing">
            <Logo />
            <p>{chat.none}</p>
          </div>
        )}
      </main>
      {window === 'settings' && <Settings onClose={close} />}
      {window === 'contacts' && <ContactsDialog onClose={close} />}
      {token !== null && <InvitationDialog key={token} token={token} />}
      {window === 'group' && <NewGroup onClose={close} />}
    </div>
  );
}

function leaveIfShown(conversationId: string): void {
  if (route.getSnapshot() === conversationId) location.hash = '';
}

/** How much is unread, in the title of the window. */
function useTitle(): void {
  const { unread } = useStore(useParley().client.unread);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread > 999 ? '999+' : unread}) Parley` : 'Parley';
    return () => void (document.title = 'Parley');
  }, [unread]);
}
