import type { ConversationState } from '@parley/client';
import { titleOf, useNames } from '../core/names';
import { useParley } from '../core/parley';
import { show } from '../core/route';
import { useStore } from '../core/use-store';
import { shortly } from '../i18n/format';
import { useText } from '../i18n/text';
import { Avatar, Presence } from '../ui/avatar';
import { IconButton } from '../ui/icon';

interface ChatHeadProps {
  state: ConversationState;
  onPins: () => void;
  onInfo: () => void;
}

/** Who a conversation is with, and how they are reachable. */
export function ChatHead({ state, onPins, onInfo }: ChatHeadProps) {
  const words = useText();
  const { chat } = words;
  const title = titleOf(state, words);
  return (
    <header class="chat-head">
      <IconButton icon="back" class="only-narrow" label={chat.back} onClick={() => show(null)} />
      {state.peer ? <Presence name={title} userId={state.peer.id} /> : <Avatar name={title} id={state.id} />}
      <div class="chat-title">
        <h2>
          <bdi>{title}</bdi>
        </h2>
        <p class="quiet">
          <Subtitle state={state} />
        </p>
      </div>
      <IconButton icon="pin" label={chat.pins} onClick={onPins} />
      <IconButton icon="info" label={chat.info} onClick={onInfo} />
    </header>
  );
}

/** Who is typing; else how many there are, or whether the other one is there. */
function Subtitle({ state }: { state: ConversationState }) {
  const { client } = useParley();
  const { chat } = useText();
  const names = useNames(useStore(client.conversation(state.id).typing));
  if (names.length > 0)
    return (
      <em class="typing" role="status">
        {chat.typing(names)}
      </em>
    );
  return state.peer ? <PresenceWords userId={state.peer.id} /> : <>{chat.members(state.memberCount)}</>;
}

export function PresenceWords({ userId }: { userId: string }) {
  const words = useText().presence;
  const { status, lastSeenAt } = useStore(useParley().client.presence.of(userId));
  return <>{status === 'offline' && lastSeenAt ? words.lastSeen(shortly(lastSeenAt)) : words[status]}</>;
}
