import type { ClientEvent, Uuid } from '@parley/protocol';
import type { Runtime } from '../core/runtime';
import type { PendingMessage } from '../state/conversation-state';
import type { Link, Push } from '../wire/link';

/** What a client is told of by the other tabs. */
export interface TabListener {
  /** From here on this tab leads: it keeps the connection, sends and stores. */
  lead(): void;
  pushed(push: Push): void;
  /** The server has answered this to another tab. */
  answered(event: ClientEvent, data: unknown, reply: unknown): void;
  /** A message on its way is another now; null: it is none any more. */
  pending(id: Uuid, pending: PendingMessage | null): void;
  /** Somebody has logged out: everything is forgotten. */
  forget(): void;
}

/** What the clients of several tabs share: one of them leads, and the others take part in its connection. */
export interface TabSharing {
  join(listener: TabListener, runtime: Runtime): void;
  leave(): void;
  /** Of the leading tab: the same link, shared with the others. */
  share(link: Link): Link;
  /** Of the leading tab: the server has pushed this. */
  pushed(push: Push): void;
  /** Of a tab that follows: the link of the one that leads, when it has one. */
  open(): Promise<Link>;
  pending(id: Uuid, pending: PendingMessage | null): void;
  forget(): void;
}
