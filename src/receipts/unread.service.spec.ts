import { Logger } from '@nestjs/common';
import { LIMITS } from '@parley/protocol';
import type { DataSource } from 'typeorm';
import { MemoryBus, MemoryBusHub } from '../connections/bus/memory-bus';
import type { ConnectionRegistry } from '../connections/connection-registry';
import type { DeliveryService } from '../connections/delivery.service';
import type { Push } from '../connections/push';
import { UnreadService } from './unread.service';

const turn = () => new Promise(setImmediate);

describe('UnreadService', () => {
  let statements: { userIds: string[]; answer: () => void; fail: () => void }[];
  let pushes: Push[];
  let unread: UnreadService;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    statements = [];
    pushes = [];
    const query = (_: string, [userIds, ids]: [string[], string[]]) =>
      new Promise<object[]>((resolve, reject) => {
        const counts = { read_seq: '0', last_seq: '9', unread: 3, mentions: 1 };
        const rows = userIds.map((user_id, i) => ({ user_id, conversation_id: ids[i], ...counts }));
        statements.push({ userIds, answer: () => resolve(rows), fail: () => reject(new Error('gone')) });
      });
    const source = { query, manager: { query } } as unknown as DataSource;
    const registry = { isConnected: (id: string) => id !== 'away' } as ConnectionRegistry;
    const delivery = { push: (push: Push) => pushes.push(push) } as unknown as DeliveryService;
    unread = new UnreadService(source, registry, delivery, new MemoryBus(new MemoryBusHub()));
  });

  afterEach(() => unread.onModuleDestroy());

  const told = () => pushes.map(({ to }) => [...to][0]);

  it('counts many changes of a moment once, and only for who is connected', async () => {
    for (let i = 0; i < 10; i++) unread.changed('c', ['ann', 'bob', 'away']);
    // The first began at once; the others are one more, since they may have come after its look.
    expect(statements.map(({ userIds }) => userIds)).toEqual([['ann', 'bob']]);
    statements[0]?.answer();
    await turn();
    expect(statements.map(({ userIds }) => userIds)).toEqual([
      ['ann', 'bob'],
      ['ann', 'bob'],
    ]);
    statements[1]?.answer();
    await turn();
    expect(statements).toHaveLength(2);
    expect(told()).toEqual(['ann', 'bob', 'ann', 'bob']);
  });

  it('tells nobody when they are more than a small group', () => {
    const people = Array.from({ length: LIMITS.smallGroupMembers + 1 }, (_, i) => `${i}`);
    unread.changed('c', people);
    expect(statements).toEqual([]);
    unread.changed('c', people.slice(1));
    expect(statements).toHaveLength(1);
  });

  it('goes on after a count that failed', async () => {
    unread.changed('c', ['ann']);
    unread.changed('d', ['ann']);
    statements[0]?.fail();
    await turn();
    statements[1]?.answer();
    await turn();
    expect(told()).toEqual(['ann']);
    unread.changed('c', ['ann']);
    expect(statements).toHaveLength(3);
  });

  it('counts again what could not be counted, until it can', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    unread.changed('c', ['ann', 'bob']);
    statements[0]?.fail();
    await turn();
    expect(told()).toEqual([]);
    jest.advanceTimersByTime(500);
    statements[1]?.fail();
    await turn();
    jest.advanceTimersByTime(500);
    statements[2]?.answer();
    await turn();
    expect(told()).toEqual(['ann', 'bob']);
    jest.advanceTimersByTime(5_000);
    expect(statements).toHaveLength(3);
    jest.useRealTimers();
  });

  it('counts again what an answer may have overtaken, and nothing else', async () => {
    const { moment } = unread;
    unread.changed('c', ['ann']);
    // Its count is under way: it may be the older one, or the newer.
    unread.answered('ann', ['c', 'd'], moment);
    statements[0]?.answer();
    await turn();
    expect(statements).toHaveLength(2);
    statements[1]?.answer();
    await turn();
    expect(told()).toEqual(['ann', 'ann']);
    unread.answered('ann', ['c'], unread.moment);
    expect(statements).toHaveLength(2);
    unread.answered('ann', ['c'], moment);
    expect(statements).toHaveLength(3);
  });

  const read = { userId: 'ann', conversationId: 'c', readSeq: 6, lastSeq: 9 };

  it('counts again after reading, when a newer count has gone out meanwhile', async () => {
    const reading = unread.afterReading(read, unread.moment, 'phone');
    await turn();
    unread.changed('c', ['ann']);
    statements[1]?.answer();
    await turn();
    statements[0]?.answer();
    expect(await reading).toMatchObject({ unread: 3 });
    expect(pushes).toHaveLength(1);
    statements[2]?.answer();
    await turn();
    expect(told()).toEqual(['ann', 'ann']);
  });

  it('tells the other devices after reading', async () => {
    const reading = unread.afterReading(read, unread.moment, 'phone');
    await turn();
    statements[0]?.answer();
    await reading;
    expect(pushes).toMatchObject([{ to: ['ann'], except: 'phone' }]);
  });

  it('knows without a count that nothing is left when all is read', async () => {
    const all = { ...read, readSeq: 9 };
    expect(await unread.afterReading(all, unread.moment, 'phone')).toEqual({
      ...{ conversationId: 'c', unread: 0, unreadMentions: 0, readSeq: 9, lastSeq: 9 },
    });
    expect(statements).toEqual([]);
    expect(pushes).toMatchObject([{ to: ['ann'], except: 'phone' }]);
  });

  it('counts for many who have read at once with one statement', async () => {
    const readings = ['ann', 'bob'].map((userId) => unread.afterReading({ ...read, userId }, unread.moment));
    await turn();
    expect(statements.map(({ userIds }) => userIds)).toEqual([['ann', 'bob']]);
    statements[0]?.answer();
    expect(await Promise.all(readings)).toMatchObject([{ unread: 3 }, { unread: 3 }]);
  });

  it('is not held up by what is counted for others meanwhile', async () => {
    const reading = unread.afterReading(read, unread.moment);
    await turn();
    unread.changed('d', ['ann']);
    statements[1]?.answer();
    await turn();
    statements[0]?.answer();
    await reading;
    expect(statements).toHaveLength(2);
  });

  it('bounds what waits', () => {
    for (let i = 0; i < 60_000; i++) unread.changed(`${i}`, ['ann']);
    expect((unread as unknown as { waiting: Map<string, object> }).waiting.size).toBe(50_000);
  });
});
