import { SecondWheel } from './second-wheel';

describe('SecondWheel', () => {
  it('hands out what has become due, once', () => {
    const wheel = new SecondWheel<string>(10_000);
    wheel.set('a', 12_000);
    wheel.set('b', 12_001);
    wheel.set('c', 20_000);
    expect(wheel.turn(11_999)).toEqual([]);
    expect(wheel.turn(12_500)).toEqual(['a']);
    expect(wheel.turn(13_000)).toEqual(['b']);
    expect(wheel.turn(13_000)).toEqual([]);
    expect(wheel.turn(25_000)).toEqual(['c']);
  });

  it('moves what is set again and forgets what is deleted', () => {
    const wheel = new SecondWheel<string>(0);
    wheel.set('a', 1_000);
    wheel.set('a', 5_000);
    wheel.set('b', 2_000);
    wheel.delete('b');
    expect(wheel.turn(4_000)).toEqual([]);
    expect(wheel.turn(5_000)).toEqual(['a']);
  });

  it('hands out in the next turn what was due before', () => {
    const wheel = new SecondWheel<string>(10_000);
    wheel.turn(10_500);
    wheel.set('late', 3_000);
    expect(wheel.turn(11_000)).toEqual(['late']);
  });

  it('survives leaps of the clock, either way', () => {
    const wheel = new SecondWheel<string>(0);
    wheel.set('a', 2_000);
    wheel.set('b', 3_600_000);
    expect(wheel.turn(1e12)).toEqual(['a', 'b']);
    wheel.turn(0);
    wheel.set('c', 1_000);
    expect(wheel.turn(1_000)).toEqual([]);
    expect(wheel.turn(1e12 + 1_000)).toEqual(['c']);
  });
});
