import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Count, Order, People } from './orders';

/** Many people in a process of their own, so that the bench does not measure itself. */
export class Crowd {
  private constructor(private readonly child: ChildProcess) {}

  static async start(people: People): Promise<Crowd> {
    const crowd = new Crowd(fork(join(__dirname, 'main.js')));
    await crowd.order({ order: 'gather', people });
    return crowd;
  }

  /** Everybody connects to the node that is theirs, of these. */
  come(urls: readonly string[]): Promise<unknown> {
    return this.order({ order: 'come', urls });
  }

  go(): Promise<unknown> {
    return this.order({ order: 'go' });
  }

  /** What they were told since the last time, when nothing has come for so long. */
  count(quietMs: number): Promise<Count> {
    return this.order({ order: 'count', quietMs }) as Promise<Count>;
  }

  async disperse(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private async order(order: Order): Promise<unknown> {
    this.child.send(order);
    const ended = once(this.child, 'exit').then(() => Promise.reject(new Error('the crowd has gone')));
    const [answer] = (await Promise.race([once(this.child, 'message'), ended])) as [unknown];
    ended.catch(() => undefined);
    return answer;
  }
}
