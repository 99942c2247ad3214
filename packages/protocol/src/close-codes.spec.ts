import { CLOSE, closeAdvice } from './close-codes';

it.each(Object.values(CLOSE))('advises what the table says: $code $advice', ({ code, advice }) => {
  expect(closeAdvice(code)).toBe(advice);
});

it.each([1000, 1001, 1005, 1006, 4999])('takes %i for a lost connection', (code) => {
  expect(closeAdvice(code)).toBe('reconnect');
});
