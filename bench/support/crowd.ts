import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Arrival, CrowdOrder } from './crowd-process';

/** Thousands of clients in a process of their own. */
export class Crowd {
  private readonly child: ChildProcess = fork(join(__dirname, 'crowd-process.js'));

  static async make(tokens: string[]): Promise<Crowd> {
    const crowd = new Crowd();
    await crowd.order({ do: 'make', tokens });
    return crowd;
  }

  /** Connects some, so many at once, to the urls in turn; resolves when all have caught up. */
  async connect(first: number, count: number, urls: string[], atOnce = Infinity): Promise<Arrival> {
    const arrival = await this.order({ do: 'connect', first, count, urls, atOnce: Math.min(atOnce, count) });
    if (!arrival) throw new Error('nobody said how they arrived');
    return arrival;
  }

  /** Has so many go elsewhere at once when they lose their connection; resolves when all have caught up. */
  async comeBack(count: number, urls: string[]): Promise<Arrival> {
    const arrival = await this.order({ do: 'return', count, urls });
    if (!arrival) throw new Error('nobody said how they came back');
    return arrival;
  }

  async leave(): Promise<void> {
    await this.order({ do: 'leave' });
  }

  end(): void {
    this.child.disconnect();
  }

  private order(order: CrowdOrder): Promise<Arrival | null> {
    this.child.send(order);
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the crowd has gone'));
      this.child.once('exit', gone).once('message', (answer: Arrival | null) => {
        this.child.off('exit', gone);
        resolve(answer);
      });
    });
  }
}
