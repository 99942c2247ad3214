import { Admission } from './admission';

const turn = () => new Promise(setImmediate);
const stay = () => false;

it('lets in a few in each turn of the event loop, in their order', async () => {
  const admission = new Admission(() => 0);
  const admitted: number[] = [];
  for (let i = 0; i < 25; i++) void admission.enter(stay).then(() => admitted.push(i));
  await turn();
  expect(admitted).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await turn();
  expect(admitted).toHaveLength(20);
  await turn();
  expect(admitted).toEqual(Array.from({ length: 25 }, (_, i) => i));
});

it('lets nobody in for a moment while more keep coming, but not for longer', async () => {
  const admission = new Admission(() => 0);
  const admitted: number[] = [];
  const come = (i: number) => void admission.enter(stay).then(() => admitted.push(i));
  const begun = performance.now();
  come(0);
  await turn();
  expect(admitted).toEqual([0]);
  for (let i = 1; admitted.length === 1; i++) {
    come(i);
    await turn();
  }
  expect(performance.now() - begun).toBeGreaterThanOrEqual(10);
});

it('lets those who have gone take nobody else their turn', async () => {
  const admission = new Admission(() => 0);
  const admitted: number[] = [];
  for (let i = 0; i < 30; i++) void admission.enter(() => i < 20).then(() => admitted.push(i));
  await turn();
  expect(admitted).toEqual(Array.from({ length: 30 }, (_, i) => i));
});

it('lets in one now and then while those who are here keep it busy', async () => {
  const admission = new Admission(() => 200);
  let admitted = 0;
  const all = Array.from({ length: 5 }, () => admission.enter(stay).then(() => admitted++));
  await turn();
  await turn();
  expect(admitted).toBe(0);
  await all[0];
  expect(admitted).toBe(1);
  await Promise.all(all);
});

it('refuses by name who comes when too many wait', async () => {
  const admission = new Admission(() => 0);
  const waiting = Array.from({ length: 16_000 }, () => admission.enter(stay));
  await expect(admission.enter(stay)).rejects.toMatchObject({ code: 'overloaded', retryable: true });
  await Promise.all(waiting);
  await admission.enter(stay);
});
