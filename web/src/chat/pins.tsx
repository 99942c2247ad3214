import { ConversationApi } from '@parley/client';
import type { Message } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { nameOf } from '../core/names';
import { useParley, useUser } from '../core/parley';
import { attempt } from '../core/toasts';
import { shortly } from '../i18n/format';
import { useText } from '../i18n/text';
import { Dialog } from '../ui/dialog';

interface PinsProps {
  id: string;
  onShow: (message: { id: string; seq: number }) => void;
  onClose: () => void;
}

/** Pinned messages, the latest first. */
export function Pins({ id, onShow, onClose }: PinsProps) {
  const { client } = useParley();
  const { chat } = useText();
  const [messages, setMessages] = useState<readonly Message[] | null>(null);
  useEffect(() => {
    void attempt(async () => setMessages(await new ConversationApi(client, id).pins()));
  }, [client, id]);
  return (
    <Dialog title={chat.pins} onClose={onClose}>
      {messages?.length === 0 && <p class="hint">{chat.noPins}</p>}
      <ul class="lines">
        {messages?.map((message) => (
          <li key={message.id}>
            <button
              type="button"
              class="line is-plain"
              onClick={() => {
                onClose();
                onShow(message);
              }}
            >
              <Pinned message={message} />
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Pinned({ message }: { message: Message }) {
  const name = nameOf(useUser(message.senderId), useText());
  return (
    <>
      <span class="line-head">
        <bdi class="line-title">{name}</bdi>
        <time class="line-time">{shortly(message.createdAt)}</time>
      </span>
      <span class="line-foot">
        <span class="line-preview">{message.text}</span>
      </span>
    </>
  );
}
