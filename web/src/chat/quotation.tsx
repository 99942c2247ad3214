import type { Message } from '@parley/protocol';
import { nameOf } from '../core/names';
import { useUser } from '../core/parley';
import { useText } from '../i18n/text';

/** The original of a reply, in a line. */
export function Quotation({
  message,
  onShow,
}: {
  message: Message;
  onShow: (message: { id: string; seq: number }) => void;
}) {
  const words = useText();
  const { quote } = message;
  if (!quote) return <p class="quotation">{words.chat.unknown}</p>;
  return (
    <button type="button" class="quotation" onClick={() => onShow(quote)}>
      <SenderOf id={quote.senderId} />
      <span class="quotation-text">{quote.deleted ? words.chat.deleted : quote.text}</span>
    </button>
  );
}

function SenderOf({ id }: { id: string }) {
  return <bdi class="quotation-name">{nameOf(useUser(id), useText())}</bdi>;
}
