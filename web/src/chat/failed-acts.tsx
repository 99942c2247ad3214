import type { PendingMessage } from '@parley/client';
import { useParley } from '../core/parley';
import { useText } from '../i18n/text';
import type { RowMessage } from './rows';

/** Why a message of mine was not taken, and what can be done. */
export function FailedActs({ message }: { message: RowMessage }) {
  const { client } = useParley();
  const { acts, errors } = useText();
  const { failure, id } = message as PendingMessage;
  const reason = errors[(failure?.code ?? 'other') as keyof typeof errors] ?? errors.other;
  return (
    <div class="failed">
      <span>{reason}</span>
      <button type="button" class="link" onClick={() => client.retry(id)}>
        {acts.retry}
      </button>
      <button type="button" class="link" onClick={() => client.discard(id)}>
        {acts.discard}
      </button>
    </div>
  );
}
