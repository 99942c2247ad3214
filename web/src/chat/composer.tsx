import type { TargetedKeyboardEvent } from 'preact';
import { useText } from '../i18n/text';
import { Icon } from '../ui/icon';
import { MentionList, useMentionKeys } from './mention-list';
import { useWriting, type WritingOptions } from './use-writing';
import { WritingBar } from './writing-bar';

/** Where one writes. */
export function Composer(options: WritingOptions) {
  const { conversation, writing } = options;
  const { chat } = useText();
  const { input, text, write, setCaret, names, others, complete, leave, submit } = useWriting(options);
  const choosing = useMentionKeys(names, complete);
  const hasNames = choosing.isOpen;

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    // Enter also ends the composition of a word, as in Chinese: then it sends nothing.
    if (event.isComposing || choosing.onKeyDown(event)) return;
    if (event.key === 'Escape' && writing.is !== 'new') leave();
    else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {writing.is !== 'new' && <WritingBar writing={writing} onCancel={leave} />}
      {hasNames && <MentionList names={names} people={others} chosen={choosing.at} onChoose={complete} />}
      <textarea
        ref={input}
        rows={1}
        dir="auto"
        aria-label={chat.write}
        placeholder={chat.write}
        value={text}
        aria-autocomplete="list"
        aria-controls={hasNames ? 'mention-list' : undefined}
        aria-activedescendant={hasNames ? `mention-${choosing.at}` : undefined}
        onInput={(event) => write(event.currentTarget.value, event.currentTarget.selectionStart)}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onBlur={() => conversation.setTyping(false)}
        onKeyDown={onKeyDown}
      />
      <button class="send" aria-label={chat.send} title={chat.send} disabled={text.trim() === ''}>
        <Icon name="send" />
      </button>
    </form>
  );
}
