import { MASK } from './frames';
import { countAt, ID, NUMBER, numberAt, Stamp } from './stamp';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}/;

/** What a server reads; the texts are short. */
function textOf(frame: Buffer): string {
  return frame
    .subarray(6)
    .map((byte) => byte ^ MASK)
    .toString();
}

describe('Stamp', () => {
  it('puts the number wherever it belongs, and an id', () => {
    const stamp = new Stamp(`{"ref":${NUMBER},"id":"${ID}","text":"${NUMBER} é"}`);
    const text = textOf(stamp.of(1_234, 1_700_000_000_000));
    expect(text.replace(UUID, 'UUID')).toBe('{"ref":100001234,"id":"UUID","text":"100001234 é"}');
    // The time at the beginning, like version 7.
    expect(text).toContain((1_700_000_000_000).toString(16).padStart(12, '0').slice(0, 8));
  });

  it('makes another id of every message', () => {
    const stamp = new Stamp(ID);
    const ids = [0, 1, 0xfff, 0x1000, 0xff_ffff].map((n) => textOf(stamp.of(n, 1)));
    expect(new Set([...ids, textOf(stamp.of(0, 2))]).size).toBe(6);
  });

  it('leaves a frame that somebody still needs as it is', () => {
    const stamp = new Stamp(NUMBER);
    const first = stamp.of(1, 0);
    stamp.letGo();
    const second = stamp.of(2, 0);
    expect([first, second].map(textOf)).toEqual(['100000001', '100000002']);
  });
});

describe('numberAt', () => {
  it('reads what a stamp has put there', () => {
    const bytes = Buffer.from('x"100000042"');
    expect(numberAt(bytes, 2, bytes.length)).toBe(42);
    expect(numberAt(bytes, 0, bytes.length)).toBeLessThan(0);
    expect(numberAt(Buffer.from('7}'), 0, 2)).toBeLessThan(0);
  });

  it('reads other digits too', () => {
    expect(countAt(Buffer.from('17}'), 0, 3)).toBe(17);
    expect(countAt(Buffer.from('}'), 0, 1)).toBe(-1);
  });
});
