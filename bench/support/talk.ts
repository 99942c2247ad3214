import type { ParleySocket } from '@parley/client';
import { uuidv7 } from 'uuidv7';
import type { Minted } from '../../tools/accounts/mint';
import { Histogram } from '../../tools/support/histogram';
import { Person } from './person';

/** How often each person writes. */
const EACH_MS = 1_000;

/** People who write to one another all the time. */
export class Talk {
  private latency = new Histogram();
  private readonly sentAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private turn = 0;

  private constructor(
    private readonly people: readonly Minted[],
    private readonly sockets: readonly ParleySocket[],
  ) {}

  static async begin(people: readonly Minted[], urls: readonly string[]): Promise<Talk> {
    const connect = (account: Minted, i: number) =>
      new Person(account, urls[i % urls.length] ?? '').connect();
    const talk = new Talk(people, await Promise.all(people.map(connect)));
    talk.listen();
    talk.timer = setInterval(() => talk.speak(), EACH_MS / people.length);
    return talk;
  }

  /** How long messages took from their sending to their arrival, since the last time. */
  take(): Histogram {
    const { latency } = this;
    this.latency = new Histogram();
    return latency;
  }

  end(): void {
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.close();
  }

  private listen(): void {
    for (const socket of this.sockets) {
      socket.on('message.created', ({ message: { id } }) => {
        const sent = this.sentAt.get(id);
        if (sent !== undefined) this.latency.add(performance.now() - sent);
        this.sentAt.delete(id);
      });
    }
  }

  private speak(): void {
    const at = this.turn++ % this.people.length;
    const to = this.people[(at + 1) % this.people.length]?.userId ?? '';
    const id = uuidv7();
    this.sentAt.set(id, performance.now());
    this.sockets[at]?.request('message.send', { id, to, text: 'still here' }).catch(() => undefined);
  }
}
