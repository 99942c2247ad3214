import { type CachedMember, Membership } from './membership';

const member = (joinedSeq: number, version = 1): CachedMember => ({ role: 'member', joinedSeq, version });

describe('Membership', () => {
  const make = () =>
    new Membership(
      'c',
      'group',
      new Map([
        ['ann', member(0)],
        ['bob', member(5)],
      ]),
      6,
    );

  it('lets members see what came after they joined', () => {
    const membership = make();
    expect([...membership.seeing(5)]).toEqual(['ann']);
    expect([...membership.seeing(6)]).toEqual(['ann', 'bob']);
  });

  it('tells who sees a message but not an earlier one', () => {
    const membership = make();
    expect([...(membership.seeingWithout(6, 5) ?? [])]).toEqual(['bob']);
    expect(membership.seeingWithout(7, 6)).toBeNull();
    expect(membership.seeingWithout(5, 4)).toBeNull();
    expect(membership.viewer('bob').joinedSeq).toBe(5);
    expect(membership.viewer('cleo').joinedSeq).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('stays current where it is held', () => {
    const membership = make();
    const { everyone } = membership;
    membership.apply(8, [
      ['ann', null],
      ['cleo', member(7)],
    ]);
    expect([...everyone]).toEqual(['bob', 'cleo']);
    expect(everyone.has?.('ann')).toBe(false);
    expect([...membership.seeing(7)]).toEqual(['bob']);
    expect(membership.version).toBe(8);
  });

  it('is as of a version for who came since, and as of now for who has gone', () => {
    const membership = make();
    const waiting = [
      membership.seeing(6, 7),
      membership.seeing(7, 8),
      membership.seen({ except: ['bob'] }, 8),
    ];
    membership.apply(8, [
      ['ann', null],
      ['cleo', member(0, 8)],
    ]);
    expect(waiting.map((to) => [...to])).toEqual([['bob'], ['bob', 'cleo'], ['cleo']]);
    expect(waiting.map((to) => to.has?.('cleo'))).toEqual([false, true, true]);
  });

  it('knows the other person of a direct conversation only', () => {
    const direct = new Membership(
      'c',
      'direct',
      new Map([
        ['ann', member(0)],
        ['bob', member(0)],
      ]),
      1,
    );
    expect(direct.peerOf('ann')).toBe('bob');
    expect(make().peerOf('ann')).toBeUndefined();
  });
});
