import 'fake-indexeddb/auto';
import { indexedDbStorage } from './indexed-db';
import { type ClientStorage, memoryStorage } from './storage';

let count = 0;

describe.each<[string, () => ClientStorage]>([
  ['memoryStorage', () => memoryStorage()],
  ['indexedDbStorage', () => indexedDbStorage({ name: `test-${count++}` })],
])('%s', (_, make) => {
  it('reads what was written, without what was removed', async () => {
    const storage = make();
    expect([...(await storage.read())]).toEqual([]);
    await storage.write([
      ['a', { list: [1, null, 'x'] }],
      ['b', 2],
    ]);
    await storage.write([
      ['b', undefined],
      ['c', 'c'],
    ]);
    expect(new Map(await storage.read())).toEqual(
      new Map<string, unknown>([
        ['a', { list: [1, null, 'x'] }],
        ['c', 'c'],
      ]),
    );
    await storage.clear();
    expect([...(await storage.read())]).toEqual([]);
  });

  it('keeps what was written, and not what became of it in memory', async () => {
    const storage = make();
    const value = { text: 'then' };
    await storage.write([['a', value]]);
    value.text = 'now';
    expect(new Map(await storage.read()).get('a')).toEqual({ text: 'then' });
  });
});

it('tells why IndexedDB cannot be used', async () => {
  const { indexedDB } = globalThis as unknown as { indexedDB: unknown };
  Object.assign(globalThis, { indexedDB: undefined });
  try {
    await expect(indexedDbStorage().read()).rejects.toMatchObject({
      ...{ code: 'not_supported', message: 'unable to open the storage parley; there is no IndexedDB' },
    });
  } finally {
    Object.assign(globalThis, { indexedDB });
  }
});
