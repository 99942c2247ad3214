const PATIENCE_MS = 5_000;
const MAX_BYTES = 262_144;

/** Reads a small JSON object over HTTP: no redirect, no long wait, no large answer. */
export async function readJson(url: string): Promise<object> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(url, { signal, redirect: 'error', headers: { Accept: 'application/json' } });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`it answers with ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof value !== 'object' || value === null) throw new Error('its answer is no JSON object');
  return value;
}
