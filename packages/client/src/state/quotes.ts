import { LIMITS, type Message, type Quote } from '@parley/protocol';

/** A message as the replies to it show it. */
export function quoteOf({ id, seq, version, senderId, kind, text, deletedAt }: Message): Quote {
  const shown = text && [...text].slice(0, LIMITS.quoteLength).join('');
  return { id, seq, version, senderId, kind, text: shown, deleted: deletedAt !== null };
}

/** The newer of two quotes of one original. */
export function newerQuote(a: Quote | null, b: Quote | null): Quote | null {
  if (!a || !b) return a ?? b;
  return b.version > a.version ? b : a;
}
