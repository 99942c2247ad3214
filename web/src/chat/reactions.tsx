import { hasReacted } from '@parley/client';
import type { Message } from '@parley/protocol';
import { useParley } from '../core/parley';
import { useText } from '../i18n/text';
import type { RowActs } from './row-acts';

/** What people have put on a message; a click adds or takes off one's own. */
export function Reactions({ message, acts }: { message: Message; acts: RowActs }) {
  const { client } = useParley();
  const words = useText().acts;
  return (
    <div class="reactions">
      {message.reactions.map((reaction) => {
        const { emoji, count } = reaction;
        const isMine = hasReacted(reaction, client.userId ?? '');
        return (
          <button
            type="button"
            key={emoji}
            class="reaction"
            aria-pressed={isMine}
            aria-label={words.reacted(emoji, count)}
            onClick={() => acts.react(message, emoji, !isMine)}
          >
            <span>{emoji}</span>
            <span>{count}</span>
          </button>
        );
      })}
    </div>
  );
}
