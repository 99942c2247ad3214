import type { Message } from '@parley/protocol';
import { useEffect } from 'preact/hooks';
import { nameOf, titleOf } from './core/names';
import { type Parley, useParley } from './core/parley';
import { notifies } from './core/preferences';
import { route, show } from './core/route';
import { text } from './i18n/text';

const LENGTH = 180;

/** Whether this browser can tell of messages on the desktop, and may. */
export function notificationPermission(): NotificationPermission | 'missing' {
  return 'Notification' in globalThis ? Notification.permission : 'missing';
}

/** Tells of new messages that nobody is looking at. */
export function useNotifications(): void {
  const parley = useParley();
  useEffect(
    () =>
      parley.client.on('message', ({ message, isLive }) => {
        if (isLive && wantsTelling(parley, message)) void notify(parley, message);
      }),
    [parley],
  );
}

function wantsTelling({ client }: Parley, { senderId, kind, conversationId }: Message): boolean {
  if (!notifies.getSnapshot() || notificationPermission() !== 'granted') return false;
  if (senderId === client.userId || kind === 'system') return false;
  return document.visibilityState !== 'visible' || route.getSnapshot() !== conversationId;
}

async function notify({ client, users }: Parley, message: Message): Promise<void> {
  const words = text();
  const name = nameOf(await users.get(message.senderId).catch(() => null), words);
  const state = client.conversation(message.conversationId).state.getSnapshot();
  const title = state?.kind === 'group' ? `${name} · ${titleOf(state, words)}` : name;
  // Of several tabs each says so; the tag makes one of it.
  const told = new Notification(title, {
    body: (message.text ?? '').slice(0, LENGTH),
    tag: message.id,
    icon: '/icon.svg',
  });
  told.onclick = () => {
    focus();
    show(message.conversationId);
    told.close();
  };
}
