import type { ClientEvent, ErrorBody, Uuid } from '@parley/protocol';
import type { PendingMessage } from '../state/conversation-state';
import type { Push, Self } from '../wire/link';

/** What tabs say to each other; `from` and `to` are ids of tabs. */
export type TabMessage =
  /** Is there a link? */
  | { type: 'hello' }
  /** The leading tab has a link, or has none any more. */
  | { type: 'up'; link: string; self: Self; polls: boolean }
  | { type: 'down' }
  /** The server has pushed this. */
  | { type: 'push'; push: Push }
  /** To be asked over the link of the leading tab. */
  | { type: 'ask'; from: string; ref: number; link: string; event: ClientEvent; data: unknown }
  | { type: 'answer'; to: string; ref: number; reply: unknown }
  | { type: 'refused'; to: string; ref: number; error: ErrorBody }
  /** The server has answered this to some other tab. */
  | { type: 'done'; by: string; event: ClientEvent; data: unknown; reply: unknown }
  /** A message on its way is another now, or none any more. */
  | { type: 'pending'; id: Uuid; pending: PendingMessage | null }
  /** Somebody has logged out: everything is forgotten. */
  | { type: 'forget' };
