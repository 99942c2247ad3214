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
