import { useText } from '../i18n/text';
import { Icon } from '../ui/icon';

/** For who has scrolled up. */
export function ToEnd({ unread, onClick }: { unread: number; onClick: () => void }) {
  const { chat } = useText();
  return (
    <button type="button" class="to-end" aria-label={chat.toEnd} title={chat.toEnd} onClick={onClick}>
      <Icon name="down" />
      {unread > 0 && <span class="badge">{unread}</span>}
    </button>
  );
}
