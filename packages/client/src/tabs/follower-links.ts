import type { ClientEvent, ClientEvents } from '@parley/protocol';
import { failure, ParleyError } from '../core/error';
import type { Runtime } from '../core/runtime';
import type { Link, LinkData } from '../wire/link';
import type { Closed } from '../wire/frame-socket';
import type { TabMessage } from './messages';

/** The leading tab is asked again whether there is a link: it may have been closed without a word. */
const HELLO_MS = 5_000;
/** Longer than a sync may wait for news. */
const PATIENCE_MS = 70_000;

interface Waiting {
  settle: (message: Extract<TabMessage, { type: 'answer' | 'refused' }> | null) => void;
}

type Up = Extract<TabMessage, { type: 'up' }>;

/** Gives a tab that does not lead the link of the one that does. */
export class FollowerLinks {
  #current: { up: Up; end: (reason: string) => void } | null = null;
  #opening: { up(up: Up): void; abandon(reason: string): void } | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #lastRef = 0;

  constructor(
    /** Of this tab. */
    private readonly id: string,
    private readonly post: (message: TabMessage) => void,
    private readonly runtime: Runtime,
  ) {}

  /** Resolves when the leading tab has a link. */
  open(): Promise<Link> {
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const ask = () => {
        this.post({ type: 'hello' });
        cancel = this.runtime.after(HELLO_MS, ask);
      };
      const over = () => {
        cancel();
        this.#opening = null;
      };
      this.#opening = {
        up: (up) => {
          over();
          resolve(this.#link(up));
        },
        abandon: (reason) => {
          over();
          reject(failure('connection_lost', 'connect', reason));
        },
      };
      ask();
    });
  }

  /** Ends what there is, and what is being waited for. */
  abandon(reason: string): void {
    this.#opening?.abandon(reason);
    this.#current?.end(reason);
  }

  heard(message: TabMessage): void {
    if (message.type === 'up') {
      if (this.#current && this.#current.up.link !== message.link)
        this.#current.end('the leading tab has another link');
      if (!this.#current) this.#opening?.up(message);
    } else if (message.type === 'down') this.#current?.end('the leading tab has no link');
    else if ((message.type === 'answer' || message.type === 'refused') && message.to === this.id) {
      this.#waiting.get(message.ref)?.settle(message);
    }
  }

  #link(up: Up): Link {
    let close!: (closed: Closed) => void;
    const closed = new Promise<Closed>((resolve) => (close = resolve));
    const end = (reason: string) => {
      this.#current = null;
      for (const { settle } of [...this.#waiting.values()]) settle(null);
      close({ code: 1006, reason, advice: 'reconnect' });
    };
    this.#current = { up, end };
    const request = <E extends ClientEvent>(
      event: E,
      data: LinkData<E>,
      taken?: (reply: ClientEvents[E]['reply']) => void,
    ) => this.#request(up.link, event, data, taken);
    return { via: 'tab', polls: up.polls, self: up.self, closed, request, end };
  }

  #request<E extends ClientEvent>(
    link: string,
    event: E,
    data: LinkData<E>,
    taken?: (reply: ClientEvents[E]['reply']) => void,
  ): Promise<ClientEvents[E]['reply']> {
    return new Promise((resolve, reject) => {
      if (this.#current?.up.link !== link)
        return reject(failure('connection_lost', event, 'the link has ended'));
      const ref = ++this.#lastRef;
      const settle: Waiting['settle'] = (message) => {
        this.#waiting.delete(ref);
        cancel();
        if (message?.type === 'answer') {
          taken?.(message.reply as ClientEvents[E]['reply']);
          resolve(message.reply as ClientEvents[E]['reply']);
        } else if (message) reject(new ParleyError(message.error));
        else reject(failure('connection_lost', event, 'the leading tab did not answer'));
      };
      const cancel = this.runtime.after(PATIENCE_MS, () => settle(null));
      this.#waiting.set(ref, { settle });
      this.post({ type: 'ask', from: this.id, ref, link, event, data });
    });
  }
}
