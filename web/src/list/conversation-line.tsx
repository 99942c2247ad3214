import type { ConversationState } from '@parley/client';
import { markOf } from '@parley/client';
import { useMemo } from 'preact/hooks';
import { Mark } from '../chat/mark';
import { Preview } from '../chat/preview';
import { titleOf, useNames } from '../core/names';
import { useParley } from '../core/parley';
import { show } from '../core/route';
import { useStore } from '../core/use-store';
import { shortly } from '../i18n/format';
import { useText } from '../i18n/text';
import { Avatar, Presence } from '../ui/avatar';

interface LineProps {
  state: ConversationState;
  isShown: boolean;
  /** So far down the list that nobody's presence is worth asking for. */
  isFar: boolean;
}

/** A conversation in the list. */
export function ConversationLine({ state, isShown, isFar }: LineProps) {
  const words = useText();
  const drafts = useStore(useParley().drafts.all);
  const draft = isShown ? '' : (drafts[state.id] ?? '');
  // The same until something in it changes: most lines stay as they are when one conversation moves.
  return useMemo(() => {
    const title = titleOf(state, words);
    const { unread, unreadMentions } = state;
    return (
      <li>
        <button
          type="button"
          class={`line ${unread > 0 ? 'is-unread' : ''}`}
          aria-current={isShown ? 'true' : undefined}
          onClick={() => show(state.id)}
        >
          {state.peer && !isFar ? (
            <Presence name={title} userId={state.peer.id} />
          ) : (
            <Avatar name={title} id={state.peer?.id ?? state.id} />
          )}
          <span class="line-head">
            <bdi class="line-title">{title}</bdi>
            <time class="line-time">{shortly(state.lastMessage?.createdAt ?? state.createdAt)}</time>
          </span>
          <span class="line-foot">
            <span class="line-preview">{draft ? <Draft text={draft} /> : <LastWords state={state} />}</span>
            {unreadMentions > 0 && (
              <span class="badge badge-mention" title={words.list.mentioned}>
                @<span class="unseen">{words.list.mentioned}</span>
              </span>
            )}
            {unread > 0 && (
              <span class="badge">
                <span aria-hidden="true">{unread >= 1000 ? '1000+' : unread}</span>
                <span class="unseen">{words.list.unread(unread)}</span>
              </span>
            )}
          </span>
        </button>
      </li>
    );
  }, [state, isShown, isFar, draft, words]);
}

function Draft({ text }: { text: string }) {
  const { list } = useText();
  return (
    <>
      <em class="draft">{list.draft}</em> {text}
    </>
  );
}

/** What was said last, or who is typing. */
function LastWords({ state }: { state: ConversationState }) {
  const { client } = useParley();
  const { chat } = useText();
  const names = useNames(useStore(client.conversation(state.id).typing));
  const message = state.lastMessage;
  if (names.length > 0) return <em class="typing">{chat.typing(names)}</em>;
  if (!message) return <>{chat.empty}</>;
  const isMine = message.senderId === client.userId && message.kind !== 'system';
  return (
    <>
      {isMine && <Mark mark={markOf(message, state)} />}
      <Preview message={message} isNamed={state.kind === 'group'} />
    </>
  );
}
