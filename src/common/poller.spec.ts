import { Logger } from '@nestjs/common';
import { Poller } from './poller';

describe('Poller', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('runs again and again, never twice at once, until it is stopped', async () => {
    let end = () => {};
    const task = jest.fn(() => new Promise<void>((resolve) => (end = resolve)));
    const poller = new Poller('test', 100, task);
    poller.start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(task).toHaveBeenCalledTimes(1);
    end();
    await jest.advanceTimersByTimeAsync(100);
    expect(task).toHaveBeenCalledTimes(2);
    const stopped = poller.stop();
    end();
    await stopped;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(task).toHaveBeenCalledTimes(2);
  });

  it('goes on after a failure, and complains once per outage', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const task = jest.fn<Promise<void>, []>().mockRejectedValue(new Error('away'));
    const poller = new Poller('test', 100, task);
    poller.start();
    await jest.advanceTimersByTimeAsync(350);
    expect(task).toHaveBeenCalledTimes(3);
    expect(warn).toHaveBeenCalledTimes(1);
    await poller.stop();
  });
});
