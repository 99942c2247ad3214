import { useMemo } from 'preact/hooks';
import { useParley, useUsers } from '../core/parley';
import { partsOf } from './text-parts';
import { isStored, type RowMessage } from './rows';

/** What somebody has written: text, links and mentions, and never HTML. */
export function MessageText({ message }: { message: RowMessage }) {
  const { me } = useParley();
  const mentions = message.mentions ?? [];
  const everybody = isStored(message) ? message.mentionsAll : message.mentionAll === true;
  const names = useUsers(mentions).flatMap((user) => user?.username ?? []);
  const mine = me.getSnapshot().username;
  const parts = useMemo(
    () => partsOf(message.text ?? '', new Set(everybody ? [...names, 'all'] : names)),
    [message.text, everybody, names.join()],
  );
  return (
    <div class="words" dir="auto">
      {parts.map((part, at) => {
        if (part.is === 'link') {
          return (
            <a key={at} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          );
        }
        if (part.is === 'text') return part.text;
        const isMe = part.username === mine || part.username === 'all';
        return (
          <b key={at} class={`mention ${isMe ? 'is-me' : ''}`}>
            {part.text}
          </b>
        );
      })}
    </div>
  );
}
