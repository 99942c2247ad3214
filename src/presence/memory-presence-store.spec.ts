import { MemoryPresenceStore } from './memory-presence-store';
import { presenceStoreContract, TestClock, TTL_SECONDS } from './presence-store.contract';

const env = { presenceTtlSeconds: TTL_SECONDS };

describe('MemoryPresenceStore', () => {
  presenceStoreContract(async (clock) => new MemoryPresenceStore(env, clock));

  it('forgets who has been gone for the time to live', async () => {
    const clock = new TestClock();
    const store = new MemoryPresenceStore(env, clock);
    for (const userId of ['ann', 'bob', 'cid']) await store.open({ userId, connectionId: userId });
    await store.close({ userId: 'ann', connectionId: 'ann' });
    await store.close({ userId: 'bob', connectionId: 'bob' });
    clock.advance(TTL_SECONDS * 1_000 - 1);
    await store.open({ userId: 'bob', connectionId: 'again' });
    clock.advance(1);
    await store.read([]);
    expect(store.size).toBe(2);
    expect(await store.read(['ann'])).toEqual(new Map());
  });

  it('remembers only so many who are gone', async () => {
    const store = new MemoryPresenceStore(env, new TestClock());
    await store.open({ userId: 'stays', connectionId: 'stays' });
    for (let i = 0; i < 100_010; i++) {
      const entry = { userId: `u${i}`, connectionId: `c${i}` };
      await store.open(entry);
      await store.close(entry);
    }
    expect(store.size).toBe(100_001);
    expect([...(await store.read(['u0', 'u100009', 'stays'])).keys()]).toEqual(['u100009', 'stays']);
  });
});
