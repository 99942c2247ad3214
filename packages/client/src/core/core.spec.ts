import { Emitter } from './emitter';
import { failure, ParleyError, unable } from './error';
import { endingFetch } from './runtime';
import { Store, until } from './store';
import { StoreMap } from './store-map';
import { settled, TestTime } from './test-time';
import { uuidMaker } from './uuid';

describe('Store', () => {
  it('keeps its value until it is told to have changed, and tells once of all changes of a moment', async () => {
    let value = 0;
    const store = new Store(() => ({ value }));
    const first = store.getSnapshot();
    expect(store.getSnapshot()).toBe(first);
    const heard = jest.fn();
    const end = store.subscribe(heard);
    value = 1;
    store.changed();
    store.changed();
    expect(store.getSnapshot()).toEqual({ value: 1 });
    await settled();
    expect(heard).toHaveBeenCalledTimes(1);
    end();
    store.changed();
    await settled();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('tells when it is watched, and waits for what suits', async () => {
    const watched: boolean[] = [];
    let value = 0;
    const store = new Store(
      () => value,
      (is) => watched.push(is),
    );
    const seven = until(store, (now) => now === 7);
    value = 7;
    store.changed();
    expect(await seven).toBe(7);
    expect(watched).toEqual([true, false]);
  });

  it('is one per key as long as somebody watches it', () => {
    const map = new StoreMap((key) => key);
    expect(map.of('a')).toBe(map.of('a'));
    const end = map.of('a').subscribe(() => undefined);
    expect(map.watchedKeys).toEqual(['a']);
    end();
    expect(map.watchedKeys).toEqual([]);
  });
});

describe('errors', () => {
  it('read "unable to X; reason"', () => {
    const told = new ParleyError({
      code: 'blocked',
      message: 'One of you has blocked the other.',
      retryable: false,
    });
    const error = unable('send the message', told);
    expect(error.message).toBe('unable to send the message; one of you has blocked the other');
    expect(unable('say hello', error)).toMatchObject({
      ...{ code: 'blocked', message: 'unable to say hello; one of you has blocked the other' },
    });
    expect(failure('not_connected', 'react', 'there is no connection').retryable).toBe(true);
  });

  it('of a listener break nothing', () => {
    const emitter = new Emitter<{ x: number }>();
    const heard: number[] = [];
    const end = emitter.on('x', (x) => heard.push(x));
    emitter.emit('x', 1);
    end();
    emitter.emit('x', 2);
    expect(heard).toEqual([1]);
  });
});

describe('uuidMaker', () => {
  it('makes ids of version 7 in their order, also when the clock is set back', () => {
    let now = 1_700_000_000_000;
    const make = uuidMaker(() => now);
    const ids = Array.from({ length: 9_000 }, () => make());
    now -= 5_000;
    ids.push(make());
    now += 60_000;
    ids.push(make());
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(
      ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toBe(true);
    expect(parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
  });
});

it('a request that nothing comes back to has an end', async () => {
  const time = new TestTime();
  const { fetch } = endingFetch(time, () => new Promise(() => undefined), 5_000);
  const asked = fetch('http://x', { method: 'GET', headers: {} });
  const failed = expect(asked).rejects.toThrow('nothing came for 5 s');
  await time.pass(5_000);
  await failed;
});
