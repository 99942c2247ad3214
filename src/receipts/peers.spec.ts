import { Peers } from './peers';

describe('Peers', () => {
  let now: number;
  let peers: Peers;

  beforeEach(() => {
    now = 0;
    peers = new Peers('5', () => now);
  });

  const beat = (count: number, { losses = 0, node = 'a', begun = '3' } = {}) =>
    peers.heard({ node, begun, count, losses, from: String(100 * count) });

  it('misses nothing of whose first beat it hears, and of others all since both had begun', () => {
    expect(beat(1)).toBeNull();
    expect(beat(7, { node: 'b' })).toBe('5');
    expect(beat(2, { node: 'c', begun: '11' })).toBe('11');
    expect(beat(2)).toBeNull();
    expect(beat(8, { node: 'b' })).toBeNull();
  });

  it('has missed something since the last beat, where one is missing or tells of a loss', () => {
    beat(1);
    expect(beat(3)).toBe('100');
    expect(beat(4, { losses: 2 })).toBe('300');
    expect(beat(5, { losses: 2 })).toBeNull();
  });

  it('may have missed something of everybody when it was cut off', () => {
    beat(1);
    beat(1, { node: 'b' });
    peers.cutOff();
    expect([beat(2), beat(2, { node: 'b' })]).toEqual(['100', '100']);
    expect([beat(3), beat(3, { node: 'b' })]).toEqual([null, null]);
  });

  it('may have missed the last of who has fallen silent, which is told once', () => {
    beat(1);
    now = 4_000;
    beat(1, { node: 'b' });
    now = 8_000;
    expect(peers.fallenSilent()).toEqual(['100']);
    expect(peers.fallenSilent()).toEqual([]);
    expect(beat(2)).toBeNull();
  });
});
