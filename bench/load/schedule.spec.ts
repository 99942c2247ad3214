import { Schedule } from './schedule';

function taken(schedule: Schedule, now: number, most = 100): [n: number, due: number][] {
  const all: [number, number][] = [];
  schedule.take(now, most, (n, due) => all.push([n, due]));
  return all;
}

describe('Schedule', () => {
  it('gives what is due, once, from the beginning on', () => {
    const schedule = new Schedule(1_000, 200, 4);
    expect(taken(schedule, 999)).toEqual([]);
    expect(taken(schedule, 1_005)).toEqual([
      [0, 1_000],
      [1, 1_005],
    ]);
    expect(taken(schedule, 1_009)).toEqual([]);
    expect(schedule.done).toBe(false);
    expect(taken(schedule, 5_000)).toEqual([
      [2, 1_010],
      [3, 1_015],
    ]);
    expect(schedule.done).toBe(true);
    expect(taken(schedule, 9_000)).toEqual([]);
  });

  it('catches up after a stall, and what was late was due before', () => {
    const schedule = new Schedule(0, 1_000, 1_000);
    taken(schedule, 10);
    const late = taken(schedule, 500, 64);
    expect(late).toHaveLength(64);
    expect(late[0]).toEqual([11, 11]);
    expect(schedule.isBehind(500)).toBe(true);
    taken(schedule, 500, 1_000);
    expect(schedule.isBehind(500)).toBe(false);
    expect(schedule.isBehind(501)).toBe(true);
  });
});
