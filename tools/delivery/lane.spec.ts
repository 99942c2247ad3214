import { Lane } from './lane';

function laneTo(passed: (string | null)[]): Lane {
  return new Lane((bytes) => passed.push(bytes.toString()));
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('passes on at once, or late and in order when the delay changes', () => {
  const passed: (string | null)[] = [];
  const lane = laneTo(passed);
  lane.add(Buffer.from('now'), 0);
  expect(passed).toEqual(['now']);
  lane.add(Buffer.from('late'), 100);
  lane.add(Buffer.from('not before'), 0);
  lane.add(() => passed.push(null), 10);
  jest.advanceTimersByTime(99);
  expect(passed).toEqual(['now']);
  jest.advanceTimersByTime(2);
  expect(passed).toEqual(['now', 'late', 'not before', null]);
  expect(lane.isBusy).toBe(false);
});

it('forgets what waits', () => {
  const passed: (string | null)[] = [];
  const lane = laneTo(passed);
  lane.add(Buffer.from('late'), 100);
  lane.clear();
  jest.advanceTimersByTime(200);
  expect(passed).toEqual([]);
});
