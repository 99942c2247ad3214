import { Cell } from './cell';

/** Which conversation is shown; the address has it after the #, so that a reload and "back" find it. */
export const route = new Cell<string | null>(read());

addEventListener('hashchange', () => route.set(read()));

/** Shows a conversation; null: the list alone, as narrow screens show it. */
export function show(conversationId: string | null): void {
  location.hash = conversationId === null ? '' : `/c/${conversationId}`;
  // At once: the event comes later.
  route.set(conversationId);
}

function read(): string | null {
  return /^#\/c\/([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? null;
}
