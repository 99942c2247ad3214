import type {
  ConnectionState,
  ConversationHandle,
  ConversationState,
  Members,
  MessageList,
  ParleyClient,
  ParleyEvents,
  PendingMessage,
  Readable,
  UnreadTotal,
} from '@parley/client';
import type { Contact, Presence, User } from '@parley/protocol';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useParley } from './context';

/** The value of a store; renders again when it changes. */
export function useStore<T>({ subscribe, getSnapshot }: Readable<T>): T {
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}

export function useClient(): ParleyClient {
  return useParley().client;
}

/** How the connection stands. */
export function useConnection(): ConnectionState {
  return useStore(useClient().connection);
}

/** My conversations, the latest written in first. */
export function useConversations(): readonly ConversationState[] {
  return useStore(useClient().conversations);
}

/** What is unread in all conversations together. */
export function useUnread(): UnreadTotal {
  return useStore(useClient().unread);
}

/** All messages of mine that are not stored yet. */
export function useOutbox(): readonly PendingMessage[] {
  return useStore(useClient().outbox);
}

/** A conversation's line in the list, and what can be done in it; null when I am not in it. */
export function useConversation(id: string): {
  readonly conversation: ConversationHandle;
  readonly state: ConversationState | null;
} {
  const conversation = useClient().conversation(id);
  return { conversation, state: useStore(conversation.state) };
}

/** A conversation's messages, which are kept up to date while it is shown. */
export function useMessages(id: string): MessageList {
  return useStore(useClient().conversation(id).messages);
}

export function useMembers(id: string): Members {
  return useStore(useClient().conversation(id).members);
}

/** Ids of those who are writing. */
export function useTyping(id: string): readonly string[] {
  return useStore(useClient().conversation(id).typing);
}

/** Somebody's presence, which is followed while it is shown. */
export function usePresence(userId: string): Presence {
  return useStore(useClient().presence.of(userId));
}

/** Somebody's names; null until they are known. */
export function useUser(userId: string): User | null {
  return useStore(given('users', useParley().users).of(userId));
}

/** Friends, requests and blocks; null until they have been read. */
export function useContacts(): readonly Contact[] | null {
  return useStore(given('contacts', useParley().contacts).list);
}

/** Calls for each event while the component is there. */
export function useParleyEvent<E extends keyof ParleyEvents>(
  event: E,
  listener: (data: ParleyEvents[E]) => void,
): void {
  const client = useClient();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => client.on(event, (data) => latest.current(data)), [client, event]);
}

function given<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`unable to use the hook; <ParleyProvider> was given no ${name}`);
  return value;
}
