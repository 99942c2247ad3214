import { Clock } from '../common/clock';
import type { Change, PresenceRecord, PresenceStore } from './presence-store';

/** A clock that a test moves. */
export class TestClock extends Clock {
  constructor(private time = Date.UTC(2030, 0, 1)) {
    super();
  }

  now(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}

export const TTL_SECONDS = 60;
const TTL_MS = TTL_SECONDS * 1_000;

/** What presence relies on, whatever holds it; `make` is given the clock and takes TTL_SECONDS. */
export function presenceStoreContract(make: (clock: Clock) => Promise<PresenceStore>): void {
  const given = new Given();

  beforeEach(async () => {
    given.clock = new TestClock();
    given.store = await make(given.clock);
  });

  describe('entries', () => entries(given));
  describe('a choice', () => choices(given));
  describe('announcements', () => announcements(given));
}

class Given {
  clock!: TestClock;
  store!: PresenceStore;

  open(userId: string, connectionId: string): Promise<void> {
    return this.store.open({ userId, connectionId });
  }

  close(userId: string, connectionId: string): Promise<void> {
    return this.store.close({ userId, connectionId });
  }

  async read(userId: string): Promise<PresenceRecord | undefined> {
    return (await this.store.read([userId])).get(userId);
  }
}

function entries(given: Given): void {
  it('knows nothing of who never came', async () => {
    expect(await given.store.read(['nobody'])).toEqual(new Map());
  });

  it('derives connected from the entries', async () => {
    await given.open('ann', 'a1');
    await given.open('ann', 'a2');
    await given.close('ann', 'a1');
    expect(await given.read('ann')).toMatchObject({ connected: true, lastSeenAt: null });
    await given.close('ann', 'a2');
    expect(await given.read('ann')).toMatchObject({ connected: false, lastSeenAt: given.clock.now() });
  });

  it('counts an entry once, however often it is opened or closed', async () => {
    await given.open('ann', 'a1');
    await given.open('ann', 'a1');
    await given.open('ann', 'a2');
    await given.close('ann', 'a1');
    await given.close('ann', 'a1');
    await given.close('ann', 'other');
    expect(await given.read('ann')).toMatchObject({ connected: true });
  });

  it('reads several users, each on their own', async () => {
    await given.open('ann', 'a1');
    await given.open('bob', 'b1');
    await given.close('bob', 'b1');
    const records = await given.store.read(['ann', 'bob', 'cid']);
    expect([...records].map(([userId, { connected }]) => [userId, connected])).toEqual([
      ['ann', true],
      ['bob', false],
    ]);
  });
}

function choices(given: Given): void {
  it('keeps a choice over reconnects until the time to live ends', async () => {
    await given.open('ann', 'a1');
    await given.store.choose('ann', 'away');
    const chosenUntil = given.clock.now() + TTL_MS;
    await given.close('ann', 'a1');
    await given.open('ann', 'a2');
    expect(await given.read('ann')).toMatchObject({ chosen: 'away', chosenUntil });
    given.clock.advance(TTL_MS);
    expect(await given.read('ann')).toMatchObject({ connected: true, chosen: null, chosenUntil: null });
  });

  it('renews a choice when it is made again, and ends it with online', async () => {
    await given.open('ann', 'a1');
    await given.store.choose('ann', 'busy');
    given.clock.advance(TTL_MS - 1);
    await given.store.choose('ann', 'busy');
    given.clock.advance(TTL_MS - 1);
    expect(await given.read('ann')).toMatchObject({ chosen: 'busy' });
    await given.store.choose('ann', 'online');
    expect(await given.read('ann')).toMatchObject({ chosen: null, chosenUntil: null });
  });

  it('holds that the invisible were last seen when they became so', async () => {
    await given.open('ann', 'a1');
    await given.store.choose('ann', 'invisible');
    const hidAt = given.clock.now();
    given.clock.advance(1_000);
    await given.store.choose('ann', 'invisible');
    await given.close('ann', 'a1');
    expect(await given.read('ann')).toMatchObject({ connected: false, lastSeenAt: hidAt });
  });
}

function announcements(given: Given): void {
  let heard: Change[];

  beforeEach(() => {
    heard = [];
    given.store.onChange((changes) => heard.push(...changes));
  });

  it('are news when they differ from the last', async () => {
    await given.open('ann', 'a1');
    const online = { userId: 'ann', status: 'online', own: 'online', lastSeenAt: null } as const;
    expect(await given.store.announce([online])).toEqual([{ ...online, toOthers: true, toSelf: false }]);
    expect(await given.store.announce([online])).toEqual([]);
    const hidden = { ...online, status: 'offline', own: 'invisible' } as const;
    expect(await given.store.announce([hidden])).toEqual([{ ...hidden, toOthers: true, toSelf: true }]);
    expect(heard.map(({ own }) => own)).toEqual(['online', 'invisible']);
    expect(await given.read('ann')).toMatchObject({ announced: { status: 'offline', own: 'invisible' } });
  });

  it('start from offline', async () => {
    await given.open('ann', 'a1');
    expect(await given.read('ann')).toMatchObject({ announced: { status: 'offline', own: 'online' } });
    const offline = { userId: 'ann', status: 'offline', own: 'online', lastSeenAt: 1 } as const;
    expect(await given.store.announce([offline, { ...offline, userId: 'nobody' }])).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('are told again when asked for', async () => {
    await given.open('ann', 'a1');
    const again = {
      userId: 'ann',
      status: 'offline',
      own: 'online',
      lastSeenAt: null,
      again: true,
    } as const;
    expect(await given.store.announce([again])).toMatchObject([{ toOthers: true, toSelf: false }]);
  });
}
