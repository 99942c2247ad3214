import type { Message } from '@parley/protocol';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useConversation } from '../core/parley';
import { show } from '../core/route';
import { attempt } from '../core/toasts';
import { GroupInfo } from '../group/group-info';
import { useText } from '../i18n/text';
import { PersonInfo } from '../people/person-info';
import { IconButton } from '../ui/icon';
import { Announcer } from './announcer';
import { ChatHead } from './chat-head';
import { Composer } from './composer';
import { MessageList, type Wanted } from './message-list';
import { MessageMenu } from './message-menu';
import { Pins } from './pins';
import type { RowActs } from './row-acts';
import { usePeopleIn } from './use-people-in';
import type { Writing } from './writing-bar';

interface Menu {
  readonly message: Message;
  readonly beside: Element;
}

/** A conversation: who it is with, what was said, and what is being written. */
export function Chat({ id }: { id: string }) {
  const { conversation, state } = useConversation(id);
  const words = useText();
  const people = usePeopleIn(id);
  const [menu, setMenu] = useState<Menu | null>(null);
  const [writing, setWriting] = useState<Writing>({ is: 'new' });
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [above, setAbove] = useState<'pins' | 'info' | null>(null);
  const acts = useMemo<RowActs>(
    () => ({
      openMenu: (message, beside) => setMenu({ message, beside }),
      reply: (message) => setWriting({ is: 'reply', to: message }),
      react: (message, emoji, on) => void attempt(() => conversation.react(message.id, emoji, on)),
      // A new object each time: the same may be looked for again.
      show: ({ id: messageId, seq }) => setWanted({ id: messageId, seq }),
    }),
    [conversation],
  );
  if (!state) return <Missing />;
  return (
    <section class="chat" aria-label={words.chat.messages}>
      <ChatHead state={state} onPins={() => setAbove('pins')} onInfo={() => setAbove('info')} />
      <MessageList conversation={conversation} state={state} acts={acts} wanted={wanted} />
      <Announcer conversationId={id} />
      <Composer conversation={conversation} people={people} writing={writing} setWriting={setWriting} />
      {menu && (
        <MessageMenu
          {...menu}
          conversation={conversation}
          state={state}
          onReply={() => setWriting({ is: 'reply', to: menu.message })}
          onEdit={() => setWriting({ is: 'edit', message: menu.message })}
          onClose={() => setMenu(null)}
        />
      )}
      {above === 'pins' && <Pins id={id} onShow={acts.show} onClose={() => setAbove(null)} />}
      {above === 'info' && state.kind === 'group' && (
        <GroupInfo state={state} onClose={() => setAbove(null)} />
      )}
      {above === 'info' && state.peer && <PersonInfo user={state.peer} onClose={() => setAbove(null)} />}
    </section>
  );
}

/** One that has just been made is told of in a moment. */
const PATIENCE_MS = 3_000;

/** I am not in it, or it is not known here yet. */
function Missing() {
  const { chat } = useText();
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="nothing">
      <IconButton icon="back" label={chat.back} onClick={() => show(null)} />
      <p>{isLate ? chat.gone : chat.loading}</p>
    </div>
  );
}
