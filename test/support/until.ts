import { isDeepStrictEqual } from 'node:util';

const PATIENCE_MS = 15_000;
const PAUSE_MS = 10;

/** Asks again and again until it is so. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it did not become true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Reads again and again until it reads so; tells what it read instead, when that never comes. */
export async function becomes<T>(
  read: () => Promise<T>,
  expected: NoInfer<T>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  let last = await read();
  while (!isDeepStrictEqual(last, expected) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    last = await read();
  }
  expect(last).toEqual(expected);
}
