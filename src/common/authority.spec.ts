import { Authority } from './authority';

const someone = { sessionId: 'one' };

describe('Authority', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());

  it('lets nobody do anything from 5 s after any of its feeds was last asked with success', async () => {
    const authority = new Authority();
    const works = authority.feed(() => Promise.resolve('news'));
    let answer = (): Promise<void> => Promise.resolve();
    const other = authority.feed(() => answer());
    const pass = async (ms: number) => {
      jest.advanceTimersByTime(ms);
      expect(await works()).toBe('news');
    };
    await pass(5_000);
    expect(() => authority.require(someone)).not.toThrow();
    await other();
    answer = () => Promise.reject(new Error('away'));
    await pass(5_000);
    await expect(other()).rejects.toThrow('away');
    expect(authority.isCurrent()).toBe(true);
    await pass(1);
    expect(() => authority.require(someone)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    // What was asked for is as old as the question, however late the answer.
    answer = async () => void jest.advanceTimersByTime(4_000);
    await other();
    await pass(1_000);
    expect(authority.isCurrent()).toBe(true);
    await pass(1);
    expect(authority.isCurrent()).toBe(false);
  });

  it('refuses whose session has ended', () => {
    const authority = new Authority();
    authority.knowEnded((sessionId) => sessionId === 'two');
    expect(() => authority.require(someone)).not.toThrow();
    expect(() => authority.require({ sessionId: 'two' })).toThrow(
      expect.objectContaining({ code: 'session_revoked' }),
    );
  });
});
