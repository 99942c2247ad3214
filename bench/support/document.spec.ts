import { chart } from './chart';
import { between, panelsOf, type Result } from './document';

const result: Result = {
  ...{ scenario: 'direct', about: 'pairs', seconds: 9, load: 0.2, of: 'server', sizes: ['parley', 'ws'] },
  figures: [
    { name: 'p50', unit: 'ms', values: [2, NaN] },
    { name: 'lost', unit: '', values: [0, 0] },
  ],
  charted: ['p50', 'what was not measured'],
};

describe('between', () => {
  const text = 'Before.\n<!-- bench a -->\nold\n<!-- /bench -->\nAfter.\n<!-- bench b -->\n<!-- /bench -->\n';

  it('replaces what a scenario has there, and again', () => {
    const once = between(text, 'a', 'new');
    expect(once).toBe(text.replace('old', 'new'));
    expect(between(once, 'a', 'newer')).toBe(text.replace('old', 'newer'));
    expect(between(text, 'b', 'x')).toContain('<!-- bench b -->\nx\n<!-- /bench -->');
  });

  it('leaves a document alone that says nothing of it', () => {
    expect(between(text, 'c', 'new')).toBe(text);
  });
});

describe('chart', () => {
  it('shows the figures that the scenario names', () => {
    expect(panelsOf(result)).toEqual([
      {
        ...{ title: 'direct: p50', unit: 'ms' },
        bars: [
          { label: 'parley', value: 2 },
          { label: 'ws', value: NaN },
        ],
      },
    ]);
  });

  it('draws a bar for each, and no number that is none', () => {
    const svg = chart([
      ...panelsOf(result),
      { title: 'a < b & "c"', unit: '', bars: [{ label: 'x', value: 1 }] },
    ]);
    expect(svg.match(/<rect/g)).toHaveLength(3);
    expect(svg).not.toContain('NaN');
    expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
  });

  it('is whole when there is nothing to show', () => {
    expect(chart([])).toContain('</svg>');
  });
});
