import { Together } from './together';

/** Doubles numbers, one batch after the other as the test lets it. */
function doubling(most = 100) {
  const batches: number[][] = [];
  const release: (() => void)[] = [];
  const together = new Together<number, number>({ most, weight: () => 1 }, async (numbers) => {
    batches.push([...numbers]);
    await new Promise<void>((resolve) => release.push(resolve));
    if (numbers.includes(-1)) throw new Error('no');
    return numbers.map((number) => number * 2);
  });
  return { together, batches, release: () => release.shift()?.() };
}

/** Longer than two questions are apart. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 50));

it('asks once for those who ask within a turn, and answers each', async () => {
  const { together, batches, release } = doubling();
  const answers = [1, 2, 3].map((number) => together.ask(number));
  await turn();
  release();
  expect(await Promise.all(answers)).toEqual([2, 4, 6]);
  expect(batches).toEqual([[1, 2, 3]]);
});

it('puts together what comes while two are being answered', async () => {
  const { together, batches, release } = doubling();
  const answers: Promise<number>[] = [];
  for (let number = 1; number <= 5; number++) {
    answers.push(together.ask(number));
    await turn();
  }
  expect(batches).toEqual([[1], [2]]);
  release();
  await answers[0];
  await turn();
  expect(batches).toEqual([[1], [2], [3, 4, 5]]);
  release();
  release();
  expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10]);
});

it('puts together what comes right after several others', async () => {
  const { together, batches, release } = doubling();
  const first = [1, 2].map((number) => together.ask(number));
  await new Promise(setImmediate);
  const others: Promise<number>[] = [];
  for (const number of [3, 4]) {
    others.push(together.ask(number));
    await new Promise(setImmediate);
  }
  release();
  expect(await Promise.all(first)).toEqual([2, 4]);
  await turn();
  release();
  expect(await Promise.all(others)).toEqual([6, 8]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

it('makes them no heavier than they may be, but for one that is too heavy itself', async () => {
  const weighed: number[][] = [];
  const together = new Together<number, void>({ most: 10, weight: (number) => number }, (numbers) => {
    weighed.push([...numbers]);
    return Promise.resolve(numbers.map(() => undefined));
  });
  await Promise.all([6, 4, 1, 20, 3, 7].map((number) => together.ask(number)));
  expect(weighed).toEqual([[6, 4], [1], [20], [3, 7]]);
});

it('fails for all who were asked for together, and for nobody else', async () => {
  const { together, release } = doubling();
  const failing = [1, -1].map((number) => together.ask(number));
  const failed = Promise.allSettled(failing);
  await turn();
  const later = together.ask(4);
  await turn();
  release();
  release();
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await later).toBe(8);
});
