import type { ConversationHandle } from '@parley/client';
import { LIMITS, type User } from '@parley/protocol';
import { useRef, useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { attempt, tell } from '../core/toasts';
import { text as words } from '../i18n/text';
import { completions, matching, mentionAt, mentionsIn } from './mentions';
import { useFocus, useHeight } from './text-box';
import { usePeopleNamed } from './use-people-in';
import type { Writing } from './writing-bar';

const NO_NAMES: string[] = [];

export interface WritingOptions {
  readonly conversation: ConversationHandle;
  /** Who may be mentioned. */
  readonly people: readonly User[];
  readonly writing: Writing;
  readonly setWriting: (writing: Writing) => void;
}

/** The text that is being written, what may complete it, and what becomes of it. */
export function useWriting({ conversation, people, writing, setWriting }: WritingOptions) {
  const { client, drafts } = useParley();
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => drafts.of(conversation.id));
  const [caret, setCaret] = useState(0);
  useHeight(input, text);
  useFocus(input, writing, (message) => setText(message ? (message.text ?? '') : drafts.of(conversation.id)));

  const write = (typed: string, at: number) => {
    setText(typed);
    setCaret(at);
    if (writing.is !== 'edit') drafts.set(conversation.id, typed);
    conversation.setTyping(typed !== '');
  };

  const isGroup = conversation.state.getSnapshot()?.kind === 'group';
  const mention = isGroup ? mentionAt(text, caret) : null;
  const named = usePeopleNamed(conversation.id, people, mention?.typed ?? '');
  const others = named.filter(({ id }) => id !== client.userId);
  const names = mention ? completions(matching(others, mention.typed), mention.typed) : NO_NAMES;
  const complete = (username: string) => {
    if (!mention) return;
    const at = mention.from + username.length + 2;
    write(`${text.slice(0, mention.from)}@${username} ${text.slice(caret)}`, at);
    // The caret can be put there when the text is.
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };

  /** What was begun before an edit comes back. */
  const leave = () => {
    setWriting({ is: 'new' });
    if (writing.is === 'edit') setText(drafts.of(conversation.id));
  };
  const submit = () => {
    const whole = text.trim();
    if (whole === '') return;
    if (new TextEncoder().encode(whole).length > LIMITS.textBytes) return tell(words().chat.tooLong);
    const mentions = mentionsIn(whole, others);
    if (writing.is === 'edit') {
      const { id, version } = writing.message;
      const editing = attempt(() => conversation.edit(id, { text: whole, ...mentions, ifVersion: version }));
      // What was not taken is not lost.
      void editing.then((isDone) => {
        if (isDone || drafts.of(conversation.id) !== '') return;
        drafts.set(conversation.id, whole);
        setText(whole);
      });
      return leave();
    }
    const replyTo = writing.is === 'reply' ? { replyTo: writing.to.id } : {};
    conversation.send({ text: whole, ...mentions, ...replyTo });
    setWriting({ is: 'new' });
    write('', 0);
  };
  return { input, text, write, setCaret, names, others, complete, leave, submit };
}
