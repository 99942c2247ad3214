import { host } from '../core/host';

/** What the surroundings tell of the network and the page. */
export interface Signals {
  /** The network is back, or the page is looked at: now is a good time to look after the connection. */
  readonly wake: () => void;
  /** The network is said to have gone. */
  readonly lost: () => void;
}

/** Listens to a browser's events, where there are such; returns what ends it. */
export function listenToPage({ wake, lost }: Signals): () => void {
  const { document } = host;
  const seen = () => {
    if (document?.visibilityState === 'visible') wake();
  };
  host.addEventListener?.('online', wake);
  host.addEventListener?.('offline', lost);
  host.addEventListener?.('pageshow', wake);
  document?.addEventListener('visibilitychange', seen);
  return () => {
    host.removeEventListener?.('online', wake);
    host.removeEventListener?.('offline', lost);
    host.removeEventListener?.('pageshow', wake);
    document?.removeEventListener('visibilitychange', seen);
  };
}

/** Whether the device says that it has no network; a false "no" costs a wait, no more. */
export function isOffline(): boolean {
  return host.navigator?.onLine === false;
}
