import { type ConversationState, ParleyClient, type ParleyEvents, type Readable } from '@parley/client';
import { createElement, type ReactNode } from 'react';
import { act, create } from 'react-test-renderer';
import { ParleyProvider } from './context';
import {
  useConnection,
  useContacts,
  useConversation,
  useConversations,
  useMembers,
  useMessages,
  useOutbox,
  useParleyEvent,
  usePresence,
  useStore,
  useTyping,
  useUnread,
} from './hooks';

// The second: the renderer has been given up for the web, and this is not about the web.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true, IS_REACT_NATIVE_TEST_ENVIRONMENT: true });

const ME = '01900000-0000-7000-8000-000000000001';

/** A client that is not connected. */
function offline(): ParleyClient {
  return new ParleyClient({ url: 'http://localhost:1', getToken: () => 'none', userId: ME });
}

/** What a hook gives, rendering after rendering. */
async function render<T>(client: ParleyClient, useIt: () => T) {
  const seen: T[] = [];
  const Probe = () => {
    seen.push(useIt());
    return null;
  };
  const tree = (children: ReactNode) => createElement(ParleyProvider, { client, children });
  let rendered!: ReturnType<typeof create>;
  await act(async () => void (rendered = create(tree(createElement(Probe)))));
  return { seen, unmount: () => act(async () => rendered.unmount()) };
}

it('a store renders again when it changes, and is left when the component goes', async () => {
  let value = 1;
  const listeners = new Set<() => void>();
  const store: Readable<number> = {
    getSnapshot: () => value,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const { seen, unmount } = await render(offline(), () => useStore(store));
  await act(async () => {
    value = 2;
    listeners.forEach((listener) => listener());
  });
  expect(seen).toEqual([1, 2]);
  await unmount();
  expect(listeners.size).toBe(0);
});

it('a message that is written is shown at once', async () => {
  const client = offline();
  const { seen } = await render(client, () => ({ list: useMessages('c'), outbox: useOutbox() }));
  expect(seen.at(-1)).toMatchObject({ list: { messages: [], pending: [], isLoaded: false }, outbox: [] });
  await act(async () => void client.conversation('c').send('Hello'));
  expect(seen.at(-1)).toMatchObject({
    ...{ list: { pending: [{ text: 'Hello', status: 'pending' }] }, outbox: [{ text: 'Hello' }] },
  });
});

it('everything has its value before there is a connection', async () => {
  const { seen, unmount } = await render(offline(), () => ({
    connection: useConnection().status,
    conversations: useConversations() as readonly ConversationState[],
    unread: useUnread(),
    conversation: useConversation('c').state,
    members: useMembers('c'),
    typing: useTyping('c'),
    presence: usePresence('u'),
  }));
  expect(seen.at(-1)).toEqual({
    ...{ connection: 'idle', conversations: [], unread: { unread: 0, unreadMentions: 0 } },
    ...{ conversation: null, members: [], typing: [] },
    presence: { userId: 'u', status: 'unknown', lastSeenAt: null },
  });
  await unmount();
});

it('events are heard as long as the component is there', async () => {
  const client = offline();
  const heard: ParleyEvents['user'][] = [];
  const { unmount } = await render(client, () => useParleyEvent('user', (user) => heard.push(user)));
  const user = { id: 'u', username: 'u', displayName: 'U', deleted: false };
  client.learn(user);
  await unmount();
  client.learn(user);
  expect(heard).toEqual([user]);
});

it('a hook says what it lacks', async () => {
  const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  await expect(render(offline(), () => useContacts())).rejects.toThrow(
    'unable to use the hook; <ParleyProvider> was given no contacts',
  );
  error.mockRestore();
});
