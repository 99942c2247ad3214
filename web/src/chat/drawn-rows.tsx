import type { ConversationState } from '@parley/client';
import { markOf } from '@parley/client';
import { useParley } from '../core/parley';
import { isSameDay } from '../i18n/format';
import { MessageRow } from './message-row';
import type { RowActs } from './row-acts';
import { isFollowing, isStored, type RowMessage, type Rows, seqOf } from './rows';
import type { Range } from './scroller';

interface DrawnRowsProps {
  rows: Rows;
  range: Range;
  state: ConversationState;
  /** After which message those begin that were unread. */
  divider: number | null;
  standingOut: string | null;
  acts: RowActs;
}

/** The rows around what is on the screen, each an element of its own: their heights are measured. */
export function DrawnRows({ rows, range, state, divider, standingOut, acts }: DrawnRowsProps) {
  const myId = useParley().client.userId ?? '';
  const drawn = [];
  for (let at = range.from; at < Math.min(range.to, rows.count); at++) {
    const message = rows.at(at) as RowMessage;
    const before = rows.at(at - 1);
    const isUnread = isFirstUnread(message, before, divider);
    const isNewDay = !before || !isSameDay(before.createdAt, message.createdAt);
    drawn.push(
      <MessageRow
        key={message.id}
        message={message}
        mark={isMine(message, myId) ? markOf(message, state) : null}
        isNamed={state.kind === 'group'}
        isFollowing={!isUnread && !isNewDay && isFollowing(message, before, myId)}
        isNewDay={isNewDay}
        isFirstUnread={isUnread}
        isHighlit={message.id === standingOut}
        acts={acts}
      />,
    );
  }
  return <div class="messages-content">{drawn}</div>;
}

function isMine(message: RowMessage, myId: string): boolean {
  return message.kind !== 'system' && (!isStored(message) || message.senderId === myId);
}

function isFirstUnread(message: RowMessage, before: RowMessage | undefined, divider: number | null): boolean {
  const seq = seqOf(message);
  if (divider === null || seq === null || seq <= divider) return false;
  const seqBefore = before ? seqOf(before) : 0;
  return seqBefore !== null && seqBefore <= divider;
}
