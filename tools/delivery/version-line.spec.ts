import { VersionLine } from './version-line';

const whole = (version = 0, seq = 0) => new VersionLine({ version, seq }, true);

it('follows what arrives in order, and closes a gap when what was missing arrives', () => {
  const line = whole();
  line.arrived(1, 1);
  line.arrived(3, 2);
  expect(line).toMatchObject({ place: { version: 1, seq: 1 }, hasGap: true });
  line.arrived(4);
  line.arrived(2);
  expect(line).toMatchObject({ place: { version: 4, seq: 2 }, hasGap: false });
  line.arrived(4, 9);
  expect(line).toMatchObject({ place: { version: 4, seq: 2 }, hasGap: false });
});

it('passes over nothing between two pages, whatever is pushed meanwhile', () => {
  const line = whole(1, 1);
  expect(line.read()).toEqual({ version: 1, seq: 1 });
  line.reached({ version: 7, seq: 4 }, false);
  // The next in version, and its seq is beyond what the next page brings.
  line.arrived(8, 6);
  expect(line.read()).toEqual({ version: 7, seq: 4 });
  line.reached({ version: 7, seq: 5 }, true);
  expect(line).toMatchObject({ place: { version: 8, seq: 6 }, hasGap: false });
});

it('stays at its beginning until it has been read', () => {
  const line = new VersionLine();
  line.arrived(1, 1);
  expect(line).toMatchObject({ place: { version: 0, seq: 0 }, hasGap: true });
  line.read();
  line.reached({ version: 1, seq: 1 }, true);
  expect(line).toMatchObject({ place: { version: 1, seq: 1 }, hasGap: false });
});
