import { CLOSE, type CloseInfo } from '@parley/protocol';
import type { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import { Frame } from './frame';

class FakeConnection implements Connection {
  readonly sent: Frame[] = [];
  readonly closed: CloseInfo[] = [];

  constructor(
    readonly id: string,
    readonly userId: string,
    readonly sessionId: string,
  ) {}

  send(frame: Frame): void {
    this.sent.push(frame);
  }

  close(reason: CloseInfo): void {
    this.closed.push(reason);
  }
}

const frame = Frame.push('server.draining', { reconnectAfterMs: 0 });

describe('ConnectionRegistry', () => {
  const registry = new ConnectionRegistry();
  const phone = new FakeConnection('c1', 'ann', 's1');
  const laptop = new FakeConnection('c2', 'ann', 's2');
  const bobs = new FakeConnection('c3', 'bob', 's3');
  const all = [phone, laptop, bobs];

  beforeAll(() => all.forEach((connection) => registry.add(connection)));
  beforeEach(() => {
    for (const connection of all) {
      connection.sent.length = 0;
      connection.closed.length = 0;
    }
  });

  const counts = () => all.map((connection) => connection.sent.length);

  it('sends to every connection of a user but the excepted one', () => {
    registry.sendToUser('ann', frame, 'c1');
    expect(counts()).toEqual([0, 1, 0]);
    registry.sendToUser('nobody', frame);
    expect(counts()).toEqual([0, 1, 0]);
  });

  it('broadcasts with exclusions', () => {
    registry.broadcast(frame, new Set(['c2', 'c3']));
    expect(counts()).toEqual([1, 0, 0]);
  });

  it('closes by user and by session', () => {
    registry.closeSession('s2', CLOSE.sessionRevoked);
    expect(all.map((connection) => connection.closed.length)).toEqual([0, 1, 0]);
    registry.closeUser('ann', CLOSE.banned);
    expect(all.map((connection) => connection.closed.length)).toEqual([1, 2, 0]);
  });

  it('tells of who comes and goes, and keeps nothing of who has gone', () => {
    const other = new ConnectionRegistry();
    const log: string[] = [];
    other.onOpened(({ id }) => log.push(`+${id}`));
    other.onClosed(({ id }) => log.push(`-${id}`));
    other.add(phone);
    other.remove(phone);
    other.remove(phone);
    expect(log).toEqual(['+c1', '-c1']);
    expect(other.userCount).toBe(0);
    expect(other.isConnected('ann')).toBe(false);
  });
});
