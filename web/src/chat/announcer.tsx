import { useEffect, useState } from 'preact/hooks';
import { nameOf } from '../core/names';
import { useParley } from '../core/parley';
import { text } from '../i18n/text';

/** Reads new messages of a conversation out, to who has a screen reader. */
export function Announcer({ conversationId }: { conversationId: string }) {
  const { client, users } = useParley();
  const [words, setWords] = useState('');
  useEffect(
    () =>
      client.on('message', ({ message, isLive }) => {
        const isOthers = message.senderId !== client.userId && message.kind !== 'system';
        if (!isLive || !isOthers || message.conversationId !== conversationId) return;
        const name = nameOf(users.of(message.senderId).getSnapshot(), text());
        setWords(text().chat.said(name, message.text ?? ''));
      }),
    [client, users, conversationId],
  );
  return (
    <div class="unseen" role="log" aria-live="polite">
      {words}
    </div>
  );
}
