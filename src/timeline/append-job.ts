import type { Message } from '@parley/protocol';
import type { NewMessage } from './new-message';

export interface Appended {
  message: Message;
  /** Whether an earlier request had stored it; the message is then as it was stored. */
  duplicate: boolean;
}

/** A message that waits to be stored, and who waits for it. */
export interface AppendJob {
  readonly message: NewMessage;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}
