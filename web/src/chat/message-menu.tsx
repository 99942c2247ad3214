import { type ConversationHandle, type ConversationState, hasReacted } from '@parley/client';
import type { Message } from '@parley/protocol';
import { useLayoutEffect } from 'preact/hooks';
import { useParley } from '../core/parley';
import { attempt } from '../core/toasts';
import { useText } from '../i18n/text';
import { useModal } from '../ui/dialog';
import { Icon, type IconName } from '../ui/icon';

const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🎉', '🙏', '🔥'];
const MARGIN_PX = 8;

interface MessageMenuProps {
  message: Message;
  beside: Element;
  conversation: ConversationHandle;
  state: ConversationState;
  onReply: () => void;
  onEdit: () => void;
  onClose: () => void;
}

interface Act {
  readonly icon: IconName;
  readonly word: string;
  readonly act: () => unknown;
  readonly isGrave?: boolean;
}

/** What can be done with a message: beside it, or on narrow screens at the bottom. */
export function MessageMenu({ message, beside, conversation, onClose, ...rest }: MessageMenuProps) {
  const words = useText().acts;
  const { client } = useParley();
  const ref = useModal(onClose);
  useLayoutEffect(() => {
    if (ref.current) placeBeside(ref.current, beside);
  }, []);
  const mine = new Set(
    message.reactions
      .filter((reaction) => hasReacted(reaction, client.userId ?? ''))
      .map(({ emoji }) => emoji),
  );
  const close = (work: () => unknown) => () => {
    onClose();
    work();
  };
  return (
    <dialog ref={ref} class="menu" aria-label={words.more}>
      <div class="menu-emojis" role="group" aria-label={words.react}>
        {EMOJIS.map((emoji) => (
          <button
            type="button"
            key={emoji}
            aria-label={words.reactWith(emoji)}
            aria-pressed={mine.has(emoji)}
            onClick={close(() => attempt(() => conversation.react(message.id, emoji, !mine.has(emoji))))}
          >
            {emoji}
          </button>
        ))}
      </div>
      {useActs({ message, conversation, ...rest }).map(({ icon, word, act, isGrave }) => (
        <button
          type="button"
          key={word}
          class={`menu-item ${isGrave ? 'is-grave' : ''}`}
          onClick={close(act)}
        >
          <Icon name={icon} />
          {word}
        </button>
      ))}
    </dialog>
  );
}

/** Those that I may. */
function useActs({
  message,
  conversation,
  state,
  onReply,
  onEdit,
}: Omit<MessageMenuProps, 'beside' | 'onClose'>) {
  const words = useText().acts;
  const isMine = message.senderId === useParley().client.userId;
  const isInCharge = state.role !== 'member';
  const { id, text, pinnedAt } = message;
  const all: (Act | false)[] = [
    { icon: 'reply', word: words.reply, act: onReply },
    isMine && { icon: 'edit', word: words.edit, act: onEdit },
    { icon: 'copy', word: words.copy, act: () => attempt(() => navigator.clipboard.writeText(text ?? '')) },
    (state.kind === 'direct' || isInCharge) && {
      icon: 'pin',
      word: pinnedAt ? words.unpin : words.pin,
      act: () => attempt(() => conversation.pin(id, !pinnedAt)),
    },
    { icon: 'hide', word: words.hide, act: () => attempt(() => conversation.hide(id)), isGrave: true },
    (isMine || (state.kind === 'group' && isInCharge)) && {
      icon: 'trash',
      word: words.delete,
      act: () => attempt(() => conversation.delete(id)),
      isGrave: true,
    },
  ];
  return all.filter((act): act is Act => act !== false);
}

/** Wide screens: next to what was clicked, and on the screen. Narrow ones: where the style puts it. */
function placeBeside(dialog: HTMLDialogElement, element: Element): void {
  if (matchMedia('(max-width: 720px)').matches) return;
  const { left, bottom, top } = element.getBoundingClientRect();
  const { width, height } = dialog.getBoundingClientRect();
  const fitsBelow = bottom + height + MARGIN_PX < innerHeight;
  const x = Math.min(left, innerWidth - width - MARGIN_PX);
  dialog.style.left = `${Math.max(MARGIN_PX, x)}px`;
  dialog.style.top = `${Math.max(MARGIN_PX, fitsBelow ? bottom + 4 : top - height - 4)}px`;
}
