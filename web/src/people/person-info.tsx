import type { User } from '@parley/protocol';
import { PresenceWords } from '../chat/chat-head';
import { nameOf } from '../core/names';
import { useText } from '../i18n/text';
import { Avatar } from '../ui/avatar';
import { Dialog } from '../ui/dialog';
import { ContactActs } from './contact-acts';

/** The other one of a direct conversation. */
export function PersonInfo({ user, onClose }: { user: User; onClose: () => void }) {
  const words = useText();
  return (
    <Dialog title={words.chat.info} onClose={onClose}>
      <div class="profile">
        <Avatar name={nameOf(user, words)} id={user.id} size="l" />
        <h3>
          <bdi>{nameOf(user, words)}</bdi>
        </h3>
        {!user.deleted && <p class="quiet">@{user.username}</p>}
        <p class="quiet">
          <PresenceWords userId={user.id} />
        </p>
      </div>
      {!user.deleted && (
        <div class="acts">
          <ContactActs userId={user.id} />
        </div>
      )}
    </Dialog>
  );
}
