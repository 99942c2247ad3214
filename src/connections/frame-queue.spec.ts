import { FrameQueue } from './frame-queue';

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

const work = (handle: (item: number) => Promise<void>) => ({ handle });

describe('FrameQueue', () => {
  it('handles a slow first before a fast second', async () => {
    const slow = deferred();
    const handled: number[] = [];
    const end = deferred();
    const queue = new FrameQueue<number>(
      { pause: jest.fn(), resume: jest.fn() },
      work(async (item) => {
        if (item === 1) await slow.promise;
        handled.push(item);
        if (item === 3) end.resolve();
      }),
    );
    for (const item of [1, 2, 3]) queue.push(item);
    slow.resolve();
    await end.promise;
    expect(handled).toEqual([1, 2, 3]);
  });

  it('handles what it has taken to the end, and takes nothing more', async () => {
    const slow = deferred();
    const handled: number[] = [];
    const queue = new FrameQueue<number>(
      { pause: jest.fn(), resume: jest.fn() },
      work(async (item) => {
        await slow.promise;
        handled.push(item);
      }),
    );
    for (const item of [1, 2]) queue.push(item);
    const finished = queue.finish();
    queue.push(3);
    slow.resolve();
    await finished;
    expect(handled).toEqual([1, 2]);
    queue.push(4);
    await queue.finish();
    expect(handled).toEqual([1, 2]);
  });

  it('stops reading a socket that is far ahead, and goes on when it has caught up', async () => {
    const gate = deferred();
    const socket = { pause: jest.fn(), resume: jest.fn() };
    const end = deferred();
    const queue = new FrameQueue<number>(
      socket,
      work(async (item) => {
        await gate.promise;
        if (item === 99) end.resolve();
      }),
    );
    for (let item = 0; item < 100; item++) queue.push(item);
    expect(socket.pause).toHaveBeenCalledTimes(1);
    expect(socket.resume).not.toHaveBeenCalled();
    gate.resolve();
    await end.promise;
    expect(socket.resume).toHaveBeenCalledTimes(1);
  });
});
