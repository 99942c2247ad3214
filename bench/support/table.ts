import { threeDigits } from './number';
import type { Report } from './scenario';

/** The lines of a table: a row for each figure, a column for each size, and, if wanted, how often its first value it is. */
export function table({ of: corner, sizes, figures, unlike = false }: Report): string[] {
  const cellOf = unlike ? plainCell : cellBesideFirst;
  const head = [corner, '', ...sizes];
  const rows = figures.map(({ name, unit, values }) => [
    name,
    unit,
    ...values.map((value, at) => cellOf(value, at, values)),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) => {
    const cells = row.map((text, column) => pad(text, widths[column] ?? 0, column < 2));
    return cells.join('  ').trimEnd();
  });
}

function plainCell(value: number): string {
  return Number.isFinite(value) ? threeDigits(value) : '-';
}

function cellBesideFirst(value: number, at: number, values: readonly number[]): string {
  if (!Number.isFinite(value)) return plainCell(value);
  const first = values[0] ?? 0;
  return at === 0 || !(first > 0)
    ? threeDigits(value)
    : `${threeDigits(value)} ×${(value / first).toFixed(2)}`;
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
