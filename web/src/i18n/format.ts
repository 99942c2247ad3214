import { text } from './text';

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The time of day. */
export function timeOf(instant: string): string {
  return format('time', { hour: '2-digit', minute: '2-digit' }).format(new Date(instant));
}

/** The day, as the divider between days shows it. */
export function dayOf(instant: string): string {
  const date = new Date(instant);
  const days = daysAgo(date);
  if (days === 0 || days === 1) {
    const words = new Intl.RelativeTimeFormat(localeOf(text().locale), { numeric: 'auto' }).format(
      -days,
      'day',
    );
    return words.charAt(0).toUpperCase() + words.slice(1);
  }
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return isThisYear
    ? format('day', { weekday: 'long', month: 'long', day: 'numeric' }).format(date)
    : format('date', { year: 'numeric', month: 'long', day: 'numeric' }).format(date);
}

/** When, as a list has room for: the time today, else the day. */
export function shortly(instant: string): string {
  const date = new Date(instant);
  const days = daysAgo(date);
  if (days <= 0) return timeOf(instant);
  if (days < 7) return format('weekday', { weekday: 'short' }).format(date);
  return format('short', { year: '2-digit', month: 'numeric', day: 'numeric' }).format(date);
}

/** Day and time in full. */
export function fully(instant: string): string {
  return format('full', { dateStyle: 'full', timeStyle: 'short' }).format(new Date(instant));
}

export function isSameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function daysAgo(date: Date): number {
  const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  return Math.round((midnight(new Date()) - midnight(date)) / DAY_MS);
}

/** Making one takes a hundred times as long as using it. */
function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = localeOf(text().locale);
  const key = `${locale} ${name}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

/** The page's language as it is written where its reader lives: 24 hours or 12, day or month first. */
function localeOf(language: string): string {
  const [name = language] = language.split('-');
  return navigator.languages.find((locale) => locale.startsWith(name)) ?? language;
}
