import type { ConversationHandle, MessageList } from '@parley/client';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** Older messages are asked for before somebody has scrolled to the first that is there. */
const NEAR_START = 2_500;
const PAGE = 100;
const PATIENCE_MS = 2_000;
/** So many unread are read at once to begin at the first of them; of more the newest are shown. */
const MOST_UNREAD = 400;

/** Reads older messages where the list is near its start; what could not be read is asked for again later. */
export function useOlder(conversation: ConversationHandle, box: { readonly current: HTMLElement | null }) {
  const isResting = useRef(false);
  return () => {
    const { hasOlder, isLoadingOlder, isLoaded } = conversation.messages.getSnapshot();
    if (!isLoaded || !hasOlder || isLoadingOlder || isResting.current) return;
    if ((box.current?.scrollTop ?? Infinity) > NEAR_START) return;
    conversation.loadOlder(PAGE).catch(() => {
      isResting.current = true;
      setTimeout(() => (isResting.current = false), PATIENCE_MS);
    });
  };
}

/** Once the messages are there, begins at the first that is unread, or at the end; whether it has. */
export function usePlace(conversation: ConversationHandle, list: MessageList, place: () => void) {
  const isPlaced = useRef(false);
  const latest = useRef(place);
  latest.current = place;
  useLayoutEffect(() => {
    const state = conversation.state.getSnapshot();
    if (!list.isLoaded || !state || isPlaced.current) return;
    const { unread, readSeq, lastSeq } = state;
    const isHeld = !list.hasOlder || (list.messages[0]?.seq ?? Infinity) <= readSeq + 1;
    const begin = () => {
      isPlaced.current = true;
      latest.current();
    };
    if (unread === 0 || isHeld || lastSeq - readSeq > MOST_UNREAD) return begin();
    let isWanted = true;
    void conversation
      .loadUntil(readSeq + 1)
      .catch(() => undefined)
      .then(() => isWanted && begin());
    return () => void (isWanted = false);
  }, [list.isLoaded]);
  return isPlaced;
}

/** Calls when somebody comes back to the page. */
export function useSeenAgain(look: () => void): void {
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    const again = () => latest.current();
    document.addEventListener('visibilitychange', again);
    addEventListener('focus', again);
    return () => {
      document.removeEventListener('visibilitychange', again);
      removeEventListener('focus', again);
    };
  }, []);
}

/** Whether somebody sits in front of the page, as far as it can tell. */
export function isSeen(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
