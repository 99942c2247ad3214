import { type ClientEvent, type ClientEvents, LIMITS, type Uuid } from '@parley/protocol';
import { failure, ParleyError } from '../core/error';
import type { Link, LinkData, Push } from '../wire/link';
import type { TabMessage } from './messages';

type Ask = Extract<TabMessage, { type: 'ask' }>;

/** Answers that change what is held: the connection that asked gets no push of it. */
const TOLD: readonly ClientEvent[] = [
  'message.send',
  'message.edit',
  'message.delete',
  'reaction.set',
  'pin.set',
  'receipt.delivered',
  'receipt.read',
  'presence.set',
];

/** Shares the link of the tab that leads with the others. */
export class LeaderLinks {
  #link: Link | null = null;
  #count = 0;
  /** A connection watches one list of people: that of all tabs together. */
  readonly #watched = new Map<string, readonly Uuid[]>();

  constructor(
    /** Of this tab. */
    private readonly id: string,
    private readonly post: (message: TabMessage) => void,
    /** The server has answered this to another tab. */
    private readonly answered: (event: ClientEvent, data: unknown, reply: unknown) => void,
  ) {}

  /** The same link, whose answers are told to the other tabs too. */
  share(link: Link): Link {
    this.#link = link;
    this.#count++;
    this.#watched.clear();
    this.#announce();
    void link.closed.then(() => {
      if (this.#link !== link) return;
      this.#link = null;
      this.post({ type: 'down' });
    });
    return {
      ...link,
      request: (event, data, taken) => this.#request(this.id, link, event, data, taken),
    };
  }

  pushed(push: Push): void {
    if (this.#link) this.post({ type: 'push', push });
  }

  heard(message: TabMessage): void {
    if (message.type === 'hello') this.#announce();
    if (message.type === 'ask') void this.#answer(message);
  }

  get #name(): string {
    return `${this.id}/${this.#count}`;
  }

  #announce(): void {
    if (!this.#link) return;
    const { self, polls } = this.#link;
    this.post({ type: 'up', link: this.#name, self, polls });
  }

  async #answer({ from: to, ref, link: name, event, data }: Ask): Promise<void> {
    try {
      if (!this.#link || name !== this.#name) throw failure('connection_lost', event, 'the link has ended');
      await this.#request(to, this.#link, event, data as never, (reply) =>
        this.post({ type: 'answer', to, ref, reply }),
      );
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      const { code, message, retryable, details } = error;
      this.post({ type: 'refused', to, ref, error: { code, message, retryable, details } as never });
    }
  }

  #request<E extends ClientEvent>(
    by: string,
    link: Link,
    event: E,
    data: LinkData<E>,
    taken?: (reply: ClientEvents[E]['reply']) => void,
  ): Promise<ClientEvents[E]['reply']> {
    const asked =
      event === 'presence.watch' ? this.#watchedBy(by, (data as { userIds: Uuid[] }).userIds) : data;
    return link.request(event, asked as LinkData<E>, (reply) => {
      if (TOLD.includes(event)) {
        this.post({ type: 'done', by, event, data, reply });
        if (by !== this.id) this.answered(event, data, reply);
      }
      taken?.(reply);
    });
  }

  #watchedBy(tab: string, userIds: readonly Uuid[]): { userIds: Uuid[] } {
    this.#watched.delete(tab);
    this.#watched.set(tab, userIds);
    const all = new Set([...this.#watched.values()].reverse().flat());
    return { userIds: [...all].slice(0, LIMITS.presenceWatch) };
  }
}
