import { useEffect, useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';

/** A connection that comes at once is not worth a word. */
const PATIENCE_MS = 700;

/** How the connection stands, while it does not. */
export function ConnectionBanner() {
  const { client } = useParley();
  const { connection } = useText();
  const { status } = useStore(client.connection);
  const isDown = status !== 'online';
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!isDown) return setLate(false);
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isDown]);
  const isOffline = !navigator.onLine;
  const shows = isDown && (isLate || isOffline);
  const words =
    status === 'stopped'
      ? connection.stopped
      : isOffline
        ? connection.offline
        : status === 'waiting'
          ? connection.waiting
          : connection.connecting;
  return (
    <div class={`banner ${shows ? `is-shown is-${status}` : ''}`} role="status">
      {shows && <span>{words}</span>}
      {shows && status === 'waiting' && (
        <button type="button" class="link" onClick={() => client.wake()}>
          {connection.now}
        </button>
      )}
      {shows && status === 'stopped' && (
        <button type="button" class="link" onClick={() => location.reload()}>
          {connection.reload}
        </button>
      )}
    </div>
  );
}
