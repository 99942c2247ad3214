import type { Page } from 'playwright-core';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** CPU time of the thread, in microseconds: what others do on the machine meanwhile does not count. */
  tdur?: number;
  dur?: number;
  args?: { name?: string };
}

/** Traces a page while something is done; the tasks of its main thread that took more CPU than so many milliseconds. */
export async function longTasks(page: Page, mostMs: number, work: () => Promise<void>): Promise<string[]> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser that could be traced');
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] });
  let trace: Buffer;
  try {
    await work();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => /RunTask$/.test(name) && ph === 'X' && threads.has(`${pid}/${tid}`),
  );
  if (tasks.length < 10)
    throw new Error(`the trace has ${tasks.length} tasks of the page: nothing was traced`);
  return tasks
    .filter(({ tdur, dur = 0 }) => (tdur ?? dur) > mostMs * 1_000)
    .map(({ tdur, dur = 0 }) => `a task of ${Math.round((tdur ?? dur) / 1_000)} ms`);
}
