import type { Message } from '@parley/protocol';
import { nameOf } from '../core/names';
import { useUser } from '../core/parley';
import { useText } from '../i18n/text';
import { IconButton } from '../ui/icon';

/** What is being written: something new, an answer, or a message of mine anew. */
export type Writing =
  | { readonly is: 'new' }
  | { readonly is: 'reply'; readonly to: Message }
  | { readonly is: 'edit'; readonly message: Message };

interface WritingBarProps {
  writing: Exclude<Writing, { is: 'new' }>;
  onCancel: () => void;
}

/** What is being answered or written anew, above the text. */
export function WritingBar({ writing, onCancel }: WritingBarProps) {
  const words = useText();
  const message = writing.is === 'reply' ? writing.to : writing.message;
  const name = nameOf(useUser(message.senderId), words);
  return (
    <div class="writing-bar">
      <div>
        <strong>{writing.is === 'reply' ? words.chat.replyTo(name) : words.chat.editing}</strong>
        <p class="quotation-text">{message.text}</p>
      </div>
      <IconButton icon="close" label={words.chat.cancel} onClick={onCancel} />
    </div>
  );
}
