import type { Figure } from './figures';

/** The lines of a table: a row for each figure, a column for each size, and how often its first value it is. */
export function table(corner: string, sizes: readonly string[], figures: readonly Figure[]): string[] {
  const head = [corner, '', ...sizes];
  const rows = figures.map(({ name, unit, values }) => [name, unit, ...values.map(cellOf)]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) => {
    const cells = row.map((text, column) => pad(text, widths[column] ?? 0, column < 2));
    return cells.join('  ').trimEnd();
  });
}

function cellOf(value: number, at: number, values: readonly number[]): string {
  if (!Number.isFinite(value)) return '-';
  const first = values[0] ?? 0;
  return at === 0 || !(first > 0) ? number(value) : `${number(value)} ×${(value / first).toFixed(2)}`;
}

/** Three digits that count. */
function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
