import { Slots } from './slots';

/** A task that ends when told. */
function task() {
  let end!: () => void;
  const done = new Promise<void>((resolve) => (end = resolve));
  const run = jest.fn(() => done);
  return { run, end };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Slots', () => {
  it('runs so many at once, the next in order, and refuses beyond', async () => {
    const slots = new Slots(2, 1);
    const tasks = [task(), task(), task()];
    const runs = tasks.map(({ run }) => slots.run(run));
    await turn();
    expect(tasks.map(({ run }) => run.mock.calls.length)).toEqual([1, 1, 0]);
    await expect(slots.run(async () => 'never')).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
    });

    tasks[0]?.end();
    await turn();
    expect(tasks[2]?.run).toHaveBeenCalled();
    for (const { end } of tasks) end();
    await Promise.all(runs);
    await expect(slots.run(async () => 'again')).resolves.toBe('again');
  });

  it('frees the slot of a task that fails', async () => {
    const slots = new Slots(1, 0);
    await expect(slots.run(async () => Promise.reject(new Error('wrong')))).rejects.toThrow('wrong');
    await expect(slots.run(async () => 'next')).resolves.toBe('next');
  });
});
