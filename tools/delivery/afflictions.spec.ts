import { Afflictions } from './afflictions';

const LOST = 1006;

it('explains the closes that it may cause, of whom it concerns, and for a while after', () => {
  let now = 0;
  const afflictions = new Afflictions(() => now);
  const end = afflictions.begin({ name: 'cut', what: 'reset', device: 'phone', closes: [LOST] });
  afflictions.begin({ name: 'db-kill', what: 'killed', closes: [] })();
  now = 60_000;
  const explained = () => ['phone', 'laptop'].map((device) => afflictions.explain(LOST, device));
  expect(explained()).toEqual([true, false]);
  expect(afflictions.explain(1011, 'phone')).toBe(false);
  end();
  now += 14_000;
  expect(explained()).toEqual([true, false]);
  now += 2_000;
  expect(explained()).toEqual([false, false]);
  expect(afflictions.counts()).toEqual(
    new Map([
      ['cut', 1],
      ['db-kill', 1],
    ]),
  );
  expect(afflictions.recent('laptop')).toEqual(['db-kill: killed, begun 76.0 s ago, ended 76.0 s ago']);
  expect(afflictions.recent()).toHaveLength(2);
});
