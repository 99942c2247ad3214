import { type ClientEvent, type ClientEvents, LIMITS, type Me } from '@parley/protocol';
import { failure } from '../core/error';
import { endingFetch } from '../core/runtime';
import type { LinkData } from '../wire/link';
import { query } from '../wire/query';
import { ParleyRest } from '../wire/rest';
import type { Closed } from '../wire/frame-socket';
import type { OpenFallback } from './doors';

type Call = readonly [method: string, path: string, body?: unknown];
type Target = { conversationId: string; id: string };

/** Longer than the longest wait for news. */
const PATIENCE_MS = LIMITS.syncWaitSeconds * 1_000 + 10_000;
/** A socket is tried this often. */
const SOCKET_AGAIN_MS = 60_000;
/** Answers of a poll link that tell that it leads nowhere any more. */
const ENDINGS: Record<string, Closed['advice']> = {
  connection_lost: 'reconnect',
  unauthenticated: 'refresh',
  token_expired: 'refresh',
  session_revoked: 'stop',
  account_closed: 'stop',
};

/**
 * The fallback where sockets are blocked: REST alone, with requests that wait for news.
 *
 * It is slower, and nobody's typing and no changes of presence are told.
 */
export const longPolling: OpenFallback = async (options) => {
  const { fetch, end } = endingFetch(options.runtime, options.fetch, PATIENCE_MS);
  const rest = new ParleyRest({ url: options.url, fetch, accessToken: options.accessToken });
  const me = await rest.call<Me>('GET', '/v1/users/me');
  let close!: (closed: Closed) => void;
  let isOver = false;
  const closed = new Promise<Closed>((resolve) => (close = resolve));
  const over = (advice: Closed['advice'], reason: string) => {
    isOver = true;
    close({ code: 1006, reason, advice });
    end();
  };
  trySocketAgain(options, closed, () => over('reconnect', 'a socket opens again'));
  const request = async <E extends ClientEvent>(
    event: E,
    data: LinkData<E>,
    taken?: (reply: ClientEvents[E]['reply']) => void,
  ): Promise<ClientEvents[E]['reply']> => {
    if (isOver) throw failure('connection_lost', event, 'the connection has ended');
    const call = callOf(event, data as never);
    if (!call) throw failure('not_supported', event, 'it takes a socket, and sockets are blocked here');
    try {
      const reply = await rest.call<ClientEvents[E]['reply']>(...call);
      taken?.(reply);
      return reply;
    } catch (error) {
      const advice = ENDINGS[(error as { code?: string }).code ?? ''];
      if (advice) over(advice, (error as Error).message);
      throw error;
    }
  };
  const self = { userId: me.id, sessionId: '', heartbeatSeconds: LIMITS.syncWaitSeconds };
  return { via: 'poll', polls: true, self, closed, request, end: (reason) => over('reconnect', reason) };
};

function trySocketAgain(
  { socket, runtime }: Parameters<OpenFallback>[0],
  closed: Promise<unknown>,
  opened: () => void,
): void {
  if (!socket) return;
  const again = () =>
    runtime.after(SOCKET_AGAIN_MS, () => void socket().then(opened, () => (cancel = again())));
  let cancel = again();
  void closed.then(() => cancel());
}

/** The REST request that does the same; null where there is none. */
function callOf(event: ClientEvent, data: never): Call | null {
  const make = CALLS[event];
  return make ? make(data) : null;
}

const CALLS: { [E in ClientEvent]?: (data: LinkData<E>) => Call } = {
  ping: () => ['GET', '/v1/users/me'],
  'message.send': ({ conversationId, ...input }) =>
    conversationId === undefined
      ? ['POST', '/v1/messages', input]
      : ['POST', `/v1/conversations/${conversationId}/messages`, input],
  'message.edit': ({ conversationId, id, ...revision }) => [
    'PATCH',
    message({ conversationId, id }),
    revision,
  ],
  'message.delete': ({ forMe, ...target }) => ['DELETE', message(target) + query({ forMe })],
  'reaction.set': ({ emoji, on, ...target }) => [
    on ? 'PUT' : 'DELETE',
    `${message(target)}/reactions/${encodeURIComponent(emoji)}`,
  ],
  'pin.set': ({ on, ...target }) => [on ? 'PUT' : 'DELETE', `${message(target)}/pin`],
  'receipt.delivered': ({ conversationId, ...to }) => ['POST', receipts(conversationId, 'delivered'), to],
  'receipt.read': ({ conversationId, ...to }) => ['POST', receipts(conversationId, 'read'), to],
  sync: (data) => ['GET', `/v1/sync${query(data)}`],
  changes: ({ conversationId, ...place }) => [
    'GET',
    `/v1/conversations/${conversationId}/changes${query(place)}`,
  ],
  'presence.watch': ({ userIds }) => ['GET', `/v1/presence${query({ userIds: userIds.join(',') })}`],
};

function message({ conversationId, id }: Target): string {
  return `/v1/conversations/${conversationId}/messages/${id}`;
}

function receipts(conversationId: string, which: string): string {
  return `/v1/conversations/${conversationId}/receipts/${which}`;
}
