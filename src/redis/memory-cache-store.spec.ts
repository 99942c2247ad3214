import { MemoryCacheStore } from './memory-cache-store';

describe('MemoryCacheStore', () => {
  it('holds so many entries and makes room by use', async () => {
    const store = new MemoryCacheStore({ maxEntries: 2 });
    await store.set('a', { value: 1 });
    await store.set('b', { value: 2 });
    await store.get('a');
    await store.set('c', { value: 3 });
    expect(await store.get('a')).toEqual({ value: 1 });
    expect(await store.get('b')).toBeUndefined();
    expect(await store.get('c')).toEqual({ value: 3 });
  });

  it('holds so many characters', async () => {
    const store = new MemoryCacheStore({ maxCharacters: 100 });
    await store.set('a', { value: 'x'.repeat(60) });
    await store.set('b', { value: 'y'.repeat(60) });
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('b')).toEqual({ value: 'y'.repeat(60) });
  });

  it('returns copies, as Redis would', async () => {
    const store = new MemoryCacheStore();
    const value = { list: [1] };
    await store.set('a', { value });
    value.list.push(2);
    expect(await store.get('a')).toEqual({ value: { list: [1] } });
  });
});
