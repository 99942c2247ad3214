import { Random } from './random';

const draw = (random: Random) => Array.from({ length: 50 }, () => random.next());

it('gives the same for the same seed, whatever its forks draw', () => {
  const [one, other] = [new Random(7), new Random(7)];
  draw(one.fork());
  other.fork();
  expect(draw(one)).toEqual(draw(other));
  expect(draw(new Random(8))).not.toEqual(draw(new Random(7)));
});

it('draws within its bounds', () => {
  const random = new Random(1);
  expect(new Set(Array.from({ length: 200 }, () => random.between(1, 3)))).toEqual(new Set([1, 2, 3]));
  expect(random.pick([])).toBeUndefined();
  expect(random.shuffled([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
  const heavy: [{ weight: number }, { weight: number }] = [{ weight: 0 }, { weight: 1 }];
  expect(Array.from({ length: 20 }, () => random.weighted(heavy))).toEqual(Array(20).fill(heavy[1]));
});
