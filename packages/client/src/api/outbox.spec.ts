import type { Message } from '@parley/protocol';
import { ParleyError } from '../core/error';
import { settled, TestTime } from '../core/test-time';
import type { PendingMessage } from '../state/conversation-state';
import type { Link } from '../wire/link';
import { Outbox } from './outbox';

const written = (id: string, where: Partial<PendingMessage> = { conversationId: 'c' }): PendingMessage => ({
  ...{ id, text: id, conversationId: null, to: null, createdAt: '', status: 'pending', failure: null },
  ...where,
});

function outbox() {
  const time = new TestTime();
  const asked: { id: string; answer: (error?: string, retryable?: boolean) => void }[] = [];
  const kept = new Map<string, PendingMessage | null>();
  const made: Outbox = new Outbox({
    ...{ runtime: time, peerOf: (id) => (id === 'direct' ? 'you' : undefined) },
    ...{ sent: (message) => made.stored(message), failed: () => undefined, shown: () => undefined },
    changed: (id, pending) => kept.set(id, pending),
  });
  const link = {
    request: (_: string, { id }: { id: string }, taken: (reply: object) => void) =>
      new Promise((resolve, reject) => {
        const answer = (code?: string, retryable = true) => {
          if (code) return reject(new ParleyError({ code: code as never, message: code, retryable }));
          taken({ message: { id } as Message, duplicate: false });
          resolve({});
        };
        asked.push({ id, answer });
      }),
  } as unknown as Link;
  made.lead();
  return { time, made, link, asked, kept, ids: () => asked.map(({ id }) => id) };
}

describe('Outbox', () => {
  it('sends one after the other to a conversation, and to several at once', async () => {
    const { made, link, asked, ids, kept } = outbox();
    made.up(link);
    for (const id of ['a', 'b']) made.add(written(id));
    made.add(written('x', { conversationId: 'other' }));
    expect(ids()).toEqual(['a', 'x']);
    asked[0]!.answer();
    await settled();
    expect(ids()).toEqual(['a', 'x', 'b']);
    expect(kept.get('a')).toBeNull();
    expect(made.all.getSnapshot().map(({ id }) => id)).toEqual(['b', 'x']);
  });

  it('keeps what is to a person and to their conversation in one order', async () => {
    const { made, link, asked, ids } = outbox();
    made.up(link);
    made.add(written('a', { to: 'you' }));
    made.add(written('b', { conversationId: 'direct' }));
    expect(ids()).toEqual(['a']);
    asked[0]!.answer();
    await settled();
    expect(ids()).toEqual(['a', 'b']);
  });

  it('sends the same again after a lost answer, and before those behind it', async () => {
    const { time, made, link, asked, ids } = outbox();
    made.up(link);
    for (const id of ['a', 'b']) made.add(written(id));
    made.down();
    asked[0]!.answer('connection_lost');
    await settled();
    made.up(link);
    expect(ids()).toEqual(['a', 'a']);
    asked[1]!.answer('unavailable');
    await time.pass(250);
    expect(ids()).toEqual(['a', 'a', 'a']);
    asked[2]!.answer('rate_limited');
    await settled();
    made.up(link); // another connection does not wait for what the one before was told
    expect(ids()).toEqual(['a', 'a', 'a', 'a']);
  });

  it('ends one that is refused as failed with its reason, goes on, and tries it again when told', async () => {
    const { made, link, asked, ids } = outbox();
    made.up(link);
    for (const id of ['a', 'b']) made.add(written(id));
    const waiting = expect(made.whenSent('a')).rejects.toMatchObject({ code: 'blocked' });
    asked[0]!.answer('blocked', false);
    await waiting;
    expect(made.all.getSnapshot()).toMatchObject([
      {
        id: 'a',
        status: 'failed',
        failure: { message: 'unable to send the message; blocked', retryable: false },
      },
      { id: 'b', status: 'pending' },
    ]);
    asked[1]!.answer();
    await settled();
    made.retry('a');
    expect(ids()).toEqual(['a', 'b', 'a']);
    const sent = made.whenSent('a');
    asked[2]!.answer();
    expect(await sent).toEqual({ id: 'a' });
    expect(made.all.getSnapshot()).toEqual([]);
  });

  it('does not let one that the server fails over hold up the others for good', async () => {
    const { time, made, link, asked } = outbox();
    made.up(link);
    made.add(written('a'));
    for (let times = 0; times < 8; times++) {
      asked[times]!.answer('internal');
      await time.pass(30_000);
    }
    expect(made.get('a')?.status).toBe('failed');
    expect(asked).toHaveLength(8);
  });

  it('waits with sending until it leads, and shows what other tabs have written', async () => {
    const { made, link, ids } = outbox();
    made.isSending = false;
    made.up(link);
    made.add(written('a'));
    made.told('b', written('b'));
    expect(ids()).toEqual([]);
    made.told('a', null);
    made.lead();
    expect(ids()).toEqual(['b']);
  });
});
