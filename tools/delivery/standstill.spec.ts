import { CLOSE } from '@parley/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { Afflictions } from './afflictions';
import { watchStandstill } from './standstill';

it('explains with a standstill of its own that pings were not answered', async () => {
  const afflictions = new Afflictions();
  const watch = watchStandstill(afflictions);
  await sleep(10);
  expect(afflictions.explain(CLOSE.heartbeat.code, 'client-1')).toBe(false);
  const until = performance.now() + 2_200;
  while (performance.now() < until);
  // The first timer that is late.
  await sleep(0);
  watch.stop();
  expect(afflictions.explain(CLOSE.heartbeat.code, 'client-1')).toBe(true);
  expect(afflictions.explain(CLOSE.slowConsumer.code, 'client-1')).toBe(false);
  expect(afflictions.counts()).toEqual(new Map([['standstill', 1]]));
});
