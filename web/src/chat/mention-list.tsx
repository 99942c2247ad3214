import type { User } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../i18n/text';
import { Avatar } from '../ui/avatar';

/** Up, down, Enter and Tab choose a name while there are any. */
export function useMentionKeys(names: readonly string[], choose: (name: string) => void) {
  const [at, setAt] = useState(0);
  const [isShut, setShut] = useState('');
  const all = names.join();
  useEffect(() => setAt(0), [all]);
  const isOpen = names.length > 0 && isShut !== all;
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!isOpen) return false;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const name = names[at];
    if (step !== 0) setAt((at + step + names.length) % names.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && name !== undefined) choose(name);
    else if (event.key === 'Escape') setShut(all);
    else return false;
    event.preventDefault();
    return true;
  };
  return { at, isOpen, onKeyDown };
}

interface MentionListProps {
  names: readonly string[];
  people: readonly User[];
  chosen: number;
  onChoose: (name: string) => void;
}

/** Who may be meant by what has been typed. */
export function MentionList({ names, people, chosen, onChoose }: MentionListProps) {
  const { chat } = useText();
  const nameOf = (username: string) =>
    people.find((user) => user.username === username)?.displayName ?? chat.everybody;
  return (
    <ul class="mention-list" id="mention-list" role="listbox" aria-label={chat.mention}>
      {names.map((username, at) => (
        <li
          key={username}
          id={`mention-${at}`}
          role="option"
          aria-selected={at === chosen}
          // Not a click: the text keeps the focus.
          onMouseDown={(event) => {
            event.preventDefault();
            onChoose(username);
          }}
        >
          <Avatar name={nameOf(username)} id={username} size="s" />
          <bdi>{nameOf(username)}</bdi>
          <span class="quiet">@{username}</span>
        </li>
      ))}
    </ul>
  );
}
