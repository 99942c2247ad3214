import type { ConversationHandle, ConversationState } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { DrawnRows } from './drawn-rows';
import { isSeen, useOlder, usePlace, useSeenAgain } from './history';
import type { RowActs } from './row-acts';
import { seqOf } from './rows';
import { ToEnd } from './to-end';
import { type Scrolling, useScroller } from './use-scroller';

/** For so long a message that was looked for stands out. */
const STANDS_OUT_MS = 2_000;

/** A message to be shown, such as the original of a reply. */
export interface Wanted {
  readonly id: string;
  readonly seq: number;
}

interface MessageListProps {
  conversation: ConversationHandle;
  state: ConversationState;
  acts: RowActs;
  wanted: Wanted | null;
}

/** The messages of a conversation, of which those are drawn that are on the screen. */
export function MessageList({ conversation, state, acts, wanted }: MessageListProps) {
  const { chat } = useText();
  const box = useRef<HTMLDivElement>(null);
  const list = useStore(conversation.messages);
  const [isAtEnd, setAtEnd] = useState(true);
  const lastVisible = useRef(0);
  const loadOlder = useOlder(conversation, box);

  const look = (at = lastVisible.current) => {
    lastVisible.current = at;
    setAtEnd(scroller.isAtEnd);
    loadOlder();
    // At the end everything is on the screen, also what I have deleted for me.
    const message = rows.at(at);
    const seq = scroller.isAtEnd ? state.lastSeq : message && seqOf(message);
    if (seq && isPlaced.current && isSeen() && seq > state.readSeq) conversation.markRead(seq);
  };
  const scrolling = useScroller(box, list, look);
  const { scroller, rows, range } = scrolling;
  const written = list.pending.at(-1)?.id;
  const divider = useDivider(state, written);
  const isPlaced = usePlace(conversation, list, () => {
    const first = divider === null ? -1 : rows.firstAfter(divider);
    const message = first > 0 || (first === 0 && !list.hasOlder) ? rows.at(first) : undefined;
    if (message) scrolling.toRow(message.id, seqOf(message), 1 / 4);
    else scrolling.toEnd();
  });
  const standingOut = useWanted(conversation, wanted, scrolling);
  useSeenAgain(look);
  // What I write is at the end, and so am I then.
  useEffect(() => {
    if (written) scrolling.toEnd();
  }, [written]);

  const isEmpty = rows.count === 0;
  return (
    <div class="messages-place">
      {/* Reachable by the keyboard, which scrolls it then. */}
      <div class="messages" ref={box} tabIndex={0} role="group" aria-label={chat.messages}>
        <DrawnRows {...{ rows, range, state, divider, standingOut, acts }} />
      </div>
      {isEmpty && <p class="messages-hint">{list.isLoaded ? chat.empty : chat.loading}</p>}
      {list.isLoadingOlder && <p class="messages-older">{chat.older}</p>}
      {!isAtEnd && <ToEnd unread={state.unread} onClick={() => scrolling.toEnd()} />}
    </div>
  );
}

/** After which message the unread ones began when I came; null when there were none, and when I answer. */
function useDivider({ unread, readSeq }: ConversationState, written: string | undefined): number | null {
  const [divider, setDivider] = useState(unread > 0 ? readSeq : null);
  const [wasWritten, setWritten] = useState(written);
  if (written !== wasWritten) {
    setWritten(written);
    setDivider(null);
  }
  const isNew = unread > 0;
  useEffect(() => {
    // What comes while nobody looks begins a new stretch.
    if (isNew && !isSeen()) setDivider(readSeq);
  }, [isNew]);
  return divider;
}

/** Goes to a message that is looked for, reading up to it; its id while it stands out. */
function useWanted(
  conversation: ConversationHandle,
  wanted: Wanted | null,
  scrolling: Scrolling,
): string | null {
  const [standingOut, setStandingOut] = useState<string | null>(null);
  useEffect(() => {
    if (!wanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isWanted = true;
    const go = () => {
      if (!isWanted) return;
      scrolling.toRow(wanted.id, wanted.seq, 1 / 3);
      setStandingOut(wanted.id);
      timer = setTimeout(() => setStandingOut(null), STANDS_OUT_MS);
    };
    // What cannot be read now is as far as it goes.
    void conversation.loadUntil(wanted.seq).then(go, go);
    return () => {
      isWanted = false;
      clearTimeout(timer);
      setStandingOut(null);
    };
  }, [wanted]);
  return standingOut;
}
