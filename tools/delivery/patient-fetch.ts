/** Longer than any request takes; on a half-open connection it would be for ever. */
const LONGEST_MS = 25_000;

/** `fetch` with an end. */
export const patientFetch: typeof fetch = (url, init) => {
  return fetch(url, { ...init, signal: AbortSignal.timeout(LONGEST_MS) });
};
