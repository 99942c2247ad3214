import type { Message } from '@parley/protocol';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Writing } from './writing-bar';

const MOST_PX = 180;

interface Ref<T> {
  readonly current: T | null;
}

/** Lets the box grow with its text. */
export function useHeight(input: Ref<HTMLTextAreaElement>, text: string): void {
  useLayoutEffect(() => {
    const box = input.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(MOST_PX, box.scrollHeight)}px`;
  }, [text]);
}

/** Puts the caret into the box where one wants to write; on a touch screen that would bring up the keyboard. */
export function useFocus(
  input: Ref<HTMLTextAreaElement>,
  writing: Writing,
  /** The text becomes that of a message, or the draft again. */
  load: (message: Message | null) => void,
): void {
  const wasEditing = useRef(false);
  // Before it is painted: nobody sees, or adds to, the text that was there.
  useLayoutEffect(() => {
    if (writing.is !== 'new' || matchMedia('(hover: hover)').matches) input.current?.focus();
    if (writing.is === 'edit') load(writing.message);
    else if (wasEditing.current) load(null);
    wasEditing.current = writing.is === 'edit';
  }, [writing]);
}
