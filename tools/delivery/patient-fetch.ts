/** Most requests are answered long before; on a half-open connection none would ever be. */
const LONGEST_MS = 12_000;

/** `fetch` with an end. */
export const patientFetch: typeof fetch = (url, init) => {
  return fetch(url, { ...init, signal: AbortSignal.timeout(LONGEST_MS) });
};
