import type { ContactState } from '@parley/protocol';
import { useParley } from '../core/parley';
import { attempt } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';

interface Act {
  readonly word: string;
  readonly act: () => Promise<unknown>;
  readonly look?: string;
}

/** What can be done about somebody, as one stands with them. */
export function ContactActs({ userId }: { userId: string }) {
  const { contacts } = useParley();
  const words = useText().people;
  const state = useStore(contacts.list)?.find(({ user }) => user.id === userId)?.state ?? 'none';
  const block: Act = { word: words.block, act: () => contacts.block(userId), look: 'grave' };
  const acts: Record<ContactState, Act[]> = {
    none: [{ word: words.request, act: () => contacts.request(userId), look: 'primary' }, block],
    outgoing: [{ word: words.cancel, act: () => contacts.remove(userId) }, block],
    incoming: [
      { word: words.accept, act: () => contacts.accept(userId), look: 'primary' },
      { word: words.decline, act: () => contacts.decline(userId) },
      block,
    ],
    accepted: [{ word: words.remove, act: () => contacts.remove(userId) }, block],
    blocked: [{ word: words.unblock, act: () => contacts.unblock(userId) }],
  };
  return (
    <>
      {acts[state].map(({ word, act, look = '' }) => (
        <button type="button" key={word} class={`button small ${look}`} onClick={() => void attempt(act)}>
          {word}
        </button>
      ))}
    </>
  );
}
