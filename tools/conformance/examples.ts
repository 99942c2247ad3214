import type { AnyFrame } from './shapes';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
/** Of which a reader has no use. */
const SECRET = /^(accessToken|cursor)$/;

/** The first frame of each message that travels, as examples for docs/asyncapi.json. */
export class Examples {
  private readonly found = new Map<string, object>();

  readonly record = (frame: AnyFrame, asked?: string): void => {
    const name = frame.event === 'reply' ? (frame.ok === false ? 'refused' : `${asked}.reply`) : frame.event;
    const { event, data, ref, ...rest } = JSON.parse(JSON.stringify(frame)) as AnyFrame;
    const known = this.found.get(name);
    // Of two the one that says more: a list with something in it, say.
    const example = neutral({
      event,
      ...(data !== undefined && { data }),
      ...(ref !== undefined && { ref: 1 }),
      ...rest,
    });
    if (!known || richness(example) > richness(known)) this.found.set(name, example);
  };

  all(): Record<string, object> {
    return Object.fromEntries([...this.found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Ids and times that are the same after each recording, as far as the frames are. */
function neutral(frame: object): object {
  const ids = new Map<string, string>();
  const text = JSON.stringify(frame, (key, value: unknown) => (SECRET.test(key) && value ? '…' : value));
  return JSON.parse(
    text
      .replace(UUID, (id) => {
        if (!ids.has(id)) ids.set(id, `0193e2a0-7c00-7000-8000-${String(ids.size + 1).padStart(12, '0')}`);
        return ids.get(id)!;
      })
      .replace(INSTANT, '2026-11-24T09:30:00.000Z')
      .replace(/"(\w+)-[0-9a-f]{12}"/g, '"$1"'),
  ) as object;
}

/** Up to what a reader takes in. */
function richness(frame: object): number {
  const { length } = JSON.stringify(frame);
  return length > 2_000 ? -length : length;
}
