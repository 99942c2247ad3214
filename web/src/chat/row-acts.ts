import type { Message } from '@parley/protocol';

/** What can be done with a message from its row. */
export interface RowActs {
  readonly openMenu: (message: Message, beside: Element) => void;
  readonly reply: (message: Message) => void;
  readonly react: (message: Message, emoji: string, on: boolean) => void;
  readonly show: (message: { id: string; seq: number }) => void;
}
