import { useParley } from '../core/parley';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { ConversationLine } from './conversation-line';

/** More than a screen shows at once: the rest comes when it is asked for, which keeps a long list cheap. */
const AT_ONCE = 100;

/** All conversations, the latest written in first. */
export function ConversationList({ shown }: { shown: string | null }) {
  const { client } = useParley();
  const { list } = useText();
  const conversations = useStore(client.conversations);
  const { isCaughtUp } = useStore(client.connection);
  if (conversations.length === 0) return <p class="hint">{isCaughtUp ? list.empty : ''}</p>;
  return (
    <ul class="lines" onKeyDown={moveFocus}>
      {conversations.map((state, at) => (
        <ConversationLine key={state.id} state={state} isShown={state.id === shown} isFar={at >= AT_ONCE} />
      ))}
    </ul>
  );
}

/** Up and down go from line to line. */
export function moveFocus(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || !(event.currentTarget instanceof HTMLElement)) return;
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>('.line')];
  const at = lines.findIndex((line) => line === document.activeElement);
  lines[Math.max(0, Math.min(lines.length - 1, at + step))]?.focus();
  event.preventDefault();
}
