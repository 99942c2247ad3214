import { threeDigits } from './number';

/** Bars side by side, one for each size. */
export interface Panel {
  title: string;
  unit: string;
  bars: { label: string; value: number }[];
}

const WIDTH = 760;
const LABELS = 190;
const BAR = 16;
const GAP = 5;
const HEAD = 30;
const FOOT = 14;

/** Panels one below the other, as an SVG that light and dark pages can show. */
export function chart(panels: readonly Panel[]): string {
  let top = 0;
  const drawn: string[] = [];
  for (const panel of panels.filter(({ bars }) => bars.length > 0)) {
    drawn.push(`<g transform="translate(0 ${top})">${draw(panel)}</g>`);
    top += HEAD + panel.bars.length * (BAR + GAP) + FOOT;
  }
  const style =
    'text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}rect{fill:#3b78c2}.p{fill:#d0822b}' +
    '@media(prefers-color-scheme:dark){text{fill:#d0d7de}}';
  const box = `viewBox="0 0 ${WIDTH} ${Math.max(1, top)}" width="${WIDTH}" height="${Math.max(1, top)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} role="img"><style>${style}</style>\n${drawn.join('\n')}\n</svg>\n`;
}

function draw({ title, unit, bars }: Panel): string {
  const greatest = Math.max(...bars.map(({ value }) => (Number.isFinite(value) ? value : 0)), 1e-9);
  const head = `<text class="t" x="0" y="18">${escaped(title)}${unit ? `, ${escaped(unit)}` : ''}</text>`;
  const rows = bars.map(({ label, value }, at) => {
    const y = HEAD + at * (BAR + GAP);
    const length = Number.isFinite(value) ? ((WIDTH - LABELS - 90) * value) / greatest : 0;
    const isOurs = /\bparley\b/.test(label);
    return [
      `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>`,
      `<rect${isOurs ? ' class="p"' : ''} x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<text x="${(LABELS + length + 6).toFixed(1)}" y="${y + 12}">${Number.isFinite(value) ? threeDigits(value) : 'none'}</text>`,
    ].join('');
  });
  return head + rows.join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
