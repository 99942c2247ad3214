import type { ContactState } from '@parley/protocol';
import fc from 'fast-check';
import { changed, type ContactChange, type ContactPair, turned, viewOf } from './contact-state';

const NOTHING: ContactPair = { mine: null, theirs: null };
const CHANGES: ContactChange[] = ['request', 'accept', 'decline', 'block', 'unblock', 'remove'];

/** What I and they do in turn, and how both see each other at the end. */
function after(...steps: ['me' | 'they', ContactChange][]): [mine: ContactState, theirs: ContactState] {
  const pair = steps.reduce(
    (now, [who, change]) => (who === 'me' ? changed(now, change) : turned(changed(turned(now), change))),
    NOTHING,
  );
  return [viewOf(pair), viewOf(turned(pair))];
}

describe('contact state', () => {
  it('goes from request to friendship and back', () => {
    expect(after(['me', 'request'])).toEqual(['outgoing', 'incoming']);
    expect(after(['me', 'request'], ['they', 'accept'])).toEqual(['accepted', 'accepted']);
    expect(after(['me', 'request'], ['they', 'accept'], ['me', 'remove'])).toEqual(['none', 'none']);
  });

  it('takes a request back, or declines it', () => {
    expect(after(['me', 'request'], ['me', 'remove'])).toEqual(['none', 'none']);
    expect(after(['me', 'request'], ['they', 'decline'])).toEqual(['none', 'none']);
    expect(after(['me', 'request'], ['they', 'remove'])).toEqual(['none', 'none']);
  });

  it('takes crossing requests for a friendship', () => {
    expect(after(['me', 'request'], ['they', 'request'])).toEqual(['accepted', 'accepted']);
  });

  it('ends a friendship by a block, which the other side does not see', () => {
    const friends = [
      ['me', 'request'],
      ['they', 'accept'],
    ] as const;
    expect(after(...friends.map((step) => [...step] as [any, any]), ['me', 'block'])).toEqual([
      'blocked',
      'none',
    ]);
    expect(after(['me', 'block'], ['me', 'unblock'])).toEqual(['none', 'none']);
    expect(after(['me', 'block'], ['they', 'block'])).toEqual(['blocked', 'blocked']);
    expect(after(['me', 'block'], ['they', 'block'], ['me', 'unblock'])).toEqual(['none', 'blocked']);
  });

  it('hides a request from who has blocked its sender, and shows it once they unblock', () => {
    expect(after(['me', 'block'], ['they', 'request'])).toEqual(['blocked', 'outgoing']);
    expect(after(['me', 'block'], ['they', 'request'], ['they', 'remove'])).toEqual(['blocked', 'none']);
    expect(after(['me', 'block'], ['they', 'request'], ['me', 'unblock'])).toEqual(['incoming', 'outgoing']);
  });

  it('refuses what makes no sense', () => {
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => after(['me', 'accept'])).toThrow(refused('contact_not_found'));
    expect(() => after(['me', 'request'], ['me', 'accept'])).toThrow(refused('contact_not_found'));
    expect(() => after(['me', 'block'], ['me', 'request'])).toThrow(refused('blocked'));
    expect(() => after(['me', 'block'], ['me', 'accept'])).toThrow(refused('blocked'));
  });

  const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...CHANGES)), { maxLength: 12 });

  it('keeps pairs consistent, and every change idempotent, whatever happens', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let pair = NOTHING;
        for (const [mine, change] of list) {
          const turn = (p: ContactPair) => (mine ? p : turned(p));
          try {
            const once = changed(turn(pair), change);
            expect(changed(once, change)).toBe(once);
            pair = turn(once);
          } catch (error) {
            expect(error).toHaveProperty('code');
          }
          expect(pair.mine === 'accepted').toBe(pair.theirs === 'accepted');
          expect(pair.mine === 'requested' && pair.theirs === 'requested').toBe(false);
        }
      }),
    );
  });

  it('shows a person the same, whether they are blocked or not', () => {
    // A stranger who is blocked sees of their own doings what one sees whom nobody answers.
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...CHANGES), { maxLength: 8 }), (list) => {
        let blocked: ContactPair = { mine: null, theirs: 'blocked' };
        let ignored = NOTHING;
        for (const change of list) {
          const [a, b] = [attempt(blocked, change), attempt(ignored, change)];
          expect(a.code).toBe(b.code);
          [blocked, ignored] = [a.pair, b.pair];
          expect(viewOf(blocked)).toBe(viewOf(ignored));
        }
      }),
    );
  });
});

function attempt(pair: ContactPair, change: ContactChange): { pair: ContactPair; code?: string } {
  try {
    return { pair: changed(pair, change) };
  } catch (error) {
    return { pair, code: (error as { code: string }).code };
  }
}
