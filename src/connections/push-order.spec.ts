import type { Commit, Progress } from '../common/commit';
import { type Filling, type Gap, type GapReader, PushOrder, type Step } from './push-order';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A database of one conversation in which every version is a message. */
class Others implements GapReader {
  readonly gaps: Gap[] = [];
  head = 0;
  news: Commit[] = [];
  broken = false;

  constructor(
    private readonly order: PushOrder,
    private readonly told: string[],
  ) {
    order.readWith(this);
  }

  commit(from: number, to: number): Commit {
    this.head = to;
    return { conversationId: 'c', base: { version: from, seq: from }, version: to };
  }

  catchUp(): Promise<void> {
    for (const commit of this.news.splice(0)) this.order.heard(commit);
    return Promise.resolve();
  }

  async fill(gaps: readonly Gap[]): Promise<Filling[]> {
    await settled();
    if (this.broken) throw new Error('the database is away');
    this.gaps.push(...gaps);
    return gaps.map(({ conversationId, from, to }) => {
      const through = to ?? { version: this.head, seq: this.head };
      const tell = (end: Progress) => {
        for (let version = from.version + 1; version <= end.version; version++) {
          this.told.push(`read ${version}`);
        }
      };
      return { conversationId, through, tell };
    });
  }
}

describe('PushOrder', () => {
  let told: string[];
  let order: PushOrder;
  let others: Others;

  beforeEach(() => {
    told = [];
    order = new PushOrder({ patienceMs: 0 });
    others = new Others(order, told);
  });

  const push = (version: number): Step => {
    const position = { conversationId: 'c', version, seq: version, seqBefore: version - 1 };
    return { position, push: position, write: () => told.push(`push ${version}`) };
  };
  const answer = (version: number): Step => {
    const write = () => told.push(`answer ${version}`);
    return { position: { conversationId: 'c', version }, write, fail: () => told.push(`refusal ${version}`) };
  };

  it('lets what follows on what was told go out at once', () => {
    order.take('c', [push(1), answer(1)]);
    order.take('c', [push(2), push(2), push(3)]);
    expect(told).toEqual(['push 1', 'answer 1', 'push 2', 'push 2', 'push 3']);
  });

  it('looks once for what others did before the first push of a conversation', async () => {
    order.take('c', [push(7), answer(7)]);
    order.take('c', [push(8)]);
    expect(told).toEqual([]);
    await settled();
    expect(told).toEqual(['push 7', 'answer 7', 'push 8']);
    expect(others.gaps).toEqual([]);
  });

  it('reads what others committed in between, and only that', async () => {
    order.take('c', [push(1)]);
    order.take('c', [push(4), answer(4)]);
    order.take('c', [push(5)]);
    await order.fillGaps();
    expect(told).toEqual(['push 1', 'read 2', 'read 3', 'push 4', 'answer 4', 'push 5']);
  });

  it('finds in the commits of others where an unknown gap begins', async () => {
    others.news = [others.commit(4, 5), others.commit(5, 6)];
    order.take('c', [push(7)]);
    await order.fillGaps();
    expect(told).toEqual(['read 5', 'read 6', 'push 7']);
  });

  it('tells what it hears of once, also when it is heard late or twice', async () => {
    const [first, second] = [others.commit(0, 2), others.commit(2, 3)];
    order.heard(first);
    order.heard(second);
    await order.fillGaps();
    order.heard(first);
    order.heard(second);
    order.take('c', [push(3), push(4)]);
    await order.fillGaps();
    expect(told).toEqual(['read 1', 'read 2', 'read 3', 'push 4']);
  });

  it('reads again what was committed after a reading began', async () => {
    order.take('c', [push(1)]);
    order.take('c', [push(3)]);
    await Promise.resolve();
    await Promise.resolve();
    order.heard(others.commit(3, 5));
    await order.fillGaps();
    expect(told).toEqual(['push 1', 'read 2', 'push 3', 'read 4', 'read 5']);
  });

  it('reads a backlog in parts, and first where somebody may have gone, also when that is heard meanwhile', async () => {
    const commit = (conversationId: string, changesMembers = false) => {
      return { conversationId, base: { version: 1, seq: 1 }, version: 2, changesMembers };
    };
    const readings: string[][] = [];
    const fill = (gaps: readonly Gap[]): Promise<Filling[]> => {
      readings.push(gaps.map(({ conversationId }) => conversationId));
      if (readings.length === 2) order.heard(commit('left later', true));
      const through = { version: 2, seq: 2 };
      return Promise.resolve(
        gaps.map(({ conversationId }) => ({ conversationId, through, tell: () => undefined })),
      );
    };
    order.readWith({ catchUp: () => Promise.resolve(), fill });
    for (let i = 0; i < 700; i++) order.heard(commit(`c${i}`));
    order.heard(commit('left', true));
    await order.fillGaps();
    expect(readings.map(({ length }) => length)).toEqual([1, 300, 1, 300, 100]);
    expect([readings[0], readings[2]]).toEqual([['left'], ['left later']]);
  });

  it('tells what this process committed itself only once, though it was read before it was handed over', async () => {
    order.take('c', [push(1)]);
    order.heard(others.commit(1, 2));
    const filled = order.fillGaps();
    await Promise.resolve();
    // Committed while the other's is being read.
    others.head = 4;
    order.take('c', [push(3), answer(3)]);
    await filled;
    order.take('c', [push(4), answer(4)]);
    expect(told).toEqual(['push 1', 'read 2', 'push 3', 'answer 3', 'push 4', 'answer 4']);
  });

  it('answers nothing out of order while the database is away, and tells the rest when it is back', async () => {
    order.take('c', [push(1)]);
    others.broken = true;
    order.take('c', [push(3), answer(3)]);
    await order.fillGaps();
    expect(told).toEqual(['push 1', 'refusal 3']);
    others.broken = false;
    await order.fillGaps();
    expect(told).toEqual(['push 1', 'refusal 3', 'read 2', 'push 3']);
  });

  describe('with a bus that brings what others did', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate'] });
      order = new PushOrder({ patienceMs: 40 });
      others = new Others(order, told);
    });
    afterEach(() => jest.useRealTimers());

    it('waits for what is missing, in whatever order it comes', async () => {
      others.news = [others.commit(0, 1)];
      order.take('c', [push(1)]);
      order.take('c', [push(4)]);
      order.take('c', [push(3), answer(3)]);
      expect(order.knows(push(3).position)).toBe(true);
      expect(order.knows(push(2).position)).toBe(false);
      order.take('c', [push(2)]);
      expect(told).toEqual(['push 1', 'push 2', 'push 3', 'answer 3', 'push 4']);
      await jest.advanceTimersByTimeAsync(100);
      expect(others.gaps).toEqual([]);
    });

    it('reads what has not come in time', async () => {
      order.take('c', [push(1)]);
      order.take('c', [push(3)]);
      await jest.advanceTimersByTimeAsync(39);
      expect(others.gaps).toEqual([]);
      await jest.advanceTimersByTimeAsync(1);
      await settled();
      await settled();
      expect(told).toEqual(['push 1', 'read 2', 'push 3']);
    });

    it('waits as long as the bus takes now', async () => {
      const bus = { patienceMs: 40 };
      order = new PushOrder(bus);
      others = new Others(order, told);
      bus.patienceMs = 200;
      order.take('c', [push(1)]);
      order.take('c', [push(3)]);
      await jest.advanceTimersByTimeAsync(199);
      expect(others.gaps).toEqual([]);
      await jest.advanceTimersByTimeAsync(1);
      await settled();
      expect(others.gaps).toHaveLength(1);
    });

    it('reads what was held with somebody who may have gone without another wait', async () => {
      const commit = (changesMembers: boolean, conversationId: string) => {
        return { conversationId, base: { version: 1, seq: 1 }, version: 2, changesMembers };
      };
      others.head = 2;
      order.heard(commit(false, 'c'));
      order.heard(commit(true, 'left'));
      await order.fillGaps();
      expect(others.gaps.map(({ conversationId }) => conversationId)).toEqual(['left', 'c']);
    });

    it('has nothing missing of what it was told to forget', async () => {
      order.take('c', [push(1)]);
      order.forget('c');
      order.take('c', [push(9)]);
      await jest.advanceTimersByTimeAsync(40);
      await settled();
      expect(told).toEqual(['push 1', 'push 9']);
      expect(others.gaps).toEqual([]);
    });
  });
});
