import { settled, TestTime } from '../core/test-time';
import type { Closed } from '../wire/frame-socket';
import type { Link } from '../wire/link';
import { Backoff } from './backoff';
import { Connection } from './connection';
import { Heartbeat } from './heartbeat';
import { Tokens } from './tokens';

const DAY = 86_400_000;

function connection(time = new TestTime()) {
  const links: { end(code: number, advice: Closed['advice']): void; asked: string[] }[] = [];
  const asked: boolean[] = [];
  let fails = 0;
  const open = async (): Promise<Link> => {
    if (fails > 0) {
      fails--;
      throw new Error('nobody is there');
    }
    let close!: (closed: Closed) => void;
    const closed = new Promise<Closed>((resolve) => (close = resolve));
    const link = {
      end: (code: number, advice: Closed['advice']) => close({ code, reason: '', advice }),
      asked: [] as string[],
    };
    links.push(link);
    return {
      ...{ via: 'socket', polls: false, self: { userId: 'u', sessionId: 's', heartbeatSeconds: 20 }, closed },
      request: async (event) => {
        link.asked.push(event);
        return {} as never;
      },
      end: () => link.end(1006, 'reconnect'),
    };
  };
  const tokens = new Tokens(({ renew }) => {
    asked.push(renew);
    return 'token';
  });
  const made = new Connection({ runtime: time, tokens, open, up: () => undefined, down: () => undefined });
  return {
    time,
    made,
    links,
    asked,
    failing: (times: number) => (fails = times),
    state: () => made.state.getSnapshot(),
  };
}

describe('Connection', () => {
  it('comes back after a time between nothing and a bound that doubles', async () => {
    const { time, made, failing, state } = connection();
    failing(4);
    made.start();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      await settled();
      expect(state()).toMatchObject({ status: 'waiting', error: { code: 'answer_invalid' } });
      waits.push(state().retryAt! - time.now());
      await time.pass(state().retryAt! - time.now());
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
    expect(state()).toMatchObject({ status: 'online', via: 'socket', error: null, retryAt: null });
    made.stop();
  });

  it('forgets its failures only after a stable minute', async () => {
    const { time, made, links, state } = connection();
    made.start();
    const lasting = async (ms: number) => {
      await time.pass(ms);
      links.at(-1)!.end(1006, 'reconnect');
      await settled();
      const wait = state().retryAt! - time.now();
      await time.pass(wait);
      return wait;
    };
    expect([await lasting(1_000), await lasting(59_000), await lasting(10_000)]).toEqual([500, 1_000, 2_000]);
    expect(await lasting(60_000)).toBe(500);
    made.stop();
  });

  it('does what the close says: refresh, stop, or wait as long as told', async () => {
    const { time, made, links, asked, state } = connection();
    made.start();
    await settled();
    links[0]!.end(4401, 'refresh');
    await settled();
    expect(asked).toEqual([true]);
    await time.pass(500);
    made.pushed({ event: 'server.draining', data: { reconnectAfterMs: 7_000 } });
    links[1]!.end(4503, 'reconnect');
    await settled();
    expect(state().retryAt).toBe(time.now() + 7_000);
    await time.pass(5_000);
    made.wake();
    await settled();
    expect(links).toHaveLength(2);
    await time.pass(2_000);
    links[2]!.end(4409, 'stop');
    await settled();
    expect(state()).toMatchObject({ status: 'stopped', error: { code: 'stopped' } });
    await time.pass(DAY);
    expect(links).toHaveLength(3);
  });

  it('renews the token in place, and is woken while it waits', async () => {
    const { time, made, links, state } = connection();
    made.start();
    await settled();
    made.pushed({ event: 'session.ending', data: { expiresIn: 60 } });
    await settled();
    expect(links[0]!.asked).toEqual(['auth.refresh']);
    await time.pass(2_000);
    links[0]!.end(1006, 'reconnect');
    await settled();
    expect(state().status).toBe('waiting');
    made.wake();
    await settled();
    expect(state().status).toBe('online');
    made.stop();
    await expect(made.whenUp('react', 100)).rejects.toMatchObject({ code: 'stopped' });
  });

  it('tells who waits for it that there is none', async () => {
    const { time, made, failing } = connection();
    failing(1_000);
    made.start();
    const waiting = expect(made.whenUp('react', 5_000)).rejects.toMatchObject({
      ...{ code: 'not_connected', message: 'unable to react; there is no connection', retryable: true },
    });
    await time.pass(5_000);
    await waiting;
    made.stop();
  });
});

it('full jitter lies between nothing and the bound, whatever chance says', () => {
  const at = (chance: number) => {
    const backoff = new Backoff({ now: () => 0, random: () => chance });
    return Array.from({ length: 8 }, () => backoff.down());
  };
  expect(at(0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(at(1)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

describe('Heartbeat', () => {
  function heartbeat() {
    const time = new TestTime();
    const link = { ping: jest.fn(async () => undefined), dead: jest.fn() };
    return { time, link, made: new Heartbeat(time, 20_000, link) };
  }

  it('pings after silence, and takes a link for dead on which nothing comes back', async () => {
    const { time, link, made } = heartbeat();
    await time.pass(15_000);
    made.heard();
    await time.pass(19_000);
    expect(link.ping).not.toHaveBeenCalled();
    await time.pass(1_000);
    expect(link.ping).toHaveBeenCalledTimes(1);
    await time.pass(1_000);
    made.heard();
    await time.pass(9_000);
    expect(link.dead).not.toHaveBeenCalled();
    await time.pass(30_000);
    expect(link.dead).toHaveBeenCalledTimes(1);
  });

  it('asks at once when told to, and no more when it has ended', async () => {
    const { time, link, made } = heartbeat();
    made.check();
    expect(link.ping).toHaveBeenCalledTimes(1);
    made.stop();
    await time.pass(DAY);
    expect(link.dead).not.toHaveBeenCalled();
  });
});
