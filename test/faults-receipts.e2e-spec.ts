import { randomUUID } from 'node:crypto';
import type { Receipt } from '@parley/protocol';
import { Installation } from './support/installation';
import { eventually } from './support/until';

const CONVERSATIONS = 12;
const MESSAGES = 12;

let installation: Installation;
beforeEach(async () => {
  installation = await Installation.start();
});
afterEach(() => installation.remove());

it.each(['SIGKILL', 'SIGQUIT'] as const)(
  '%s to PostgreSQL in the middle of a batch of receipts',
  async (signal) => {
    const { ann, bob } = installation;
    const ids = await Promise.all(Array.from({ length: CONVERSATIONS }, () => installation.group()));
    for (const id of ids) {
      for (let n = 1; n < MESSAGES; n++) {
        await ann.ok('POST', `/conversations/${id}/messages`, { id: randomUUID(), text: `${n}` });
      }
    }
    const anns = await ann.connect();
    let acked = 0;
    const errors = new Set<string>();
    const begun = new Map<number, () => void>();
    const reached = (count: number) => new Promise<void>((resolve) => begun.set(count, resolve));
    /** Repeats each until it is answered; what was answered is there afterwards. */
    const readOn = async (id: string) => {
      for (let seq = 1; seq <= MESSAGES;) {
        const { status, body } = await bob.call('POST', `/conversations/${id}/receipts/read`, { seq });
        if (status !== 200) errors.add(body.error.code as string);
        else {
          expect(body).toMatchObject({ readSeq: seq, unread: MESSAGES - seq });
          seq++;
          begun.get(++acked)?.();
        }
      }
    };
    const kills = [2, 6].map(async (rounds) => {
      await reached(CONVERSATIONS * rounds);
      process.kill(installation.postmaster(), signal);
    });
    await Promise.all([...ids.map(readOn), ...kills]);
    expect([...errors]).toEqual(['unavailable']);
    for (const id of ids) {
      let items: Receipt[] = [];
      // A connection that has not heard of the death yet fails once more.
      await eventually(async () => {
        const { status, body } = await ann.call('GET', `/conversations/${id}/receipts`);
        if (status === 200) ({ items } = body);
        return status === 200;
      });
      const bobs = items.find(({ userId }) => userId === bob.id);
      expect(bobs).toMatchObject({ deliveredSeq: MESSAGES, readSeq: MESSAGES });
      // Also where the answer to what stored it was lost.
      await anns.next(
        'receipt.updated',
        ({ conversationId, readSeq }) => conversationId === id && readSeq === MESSAGES,
      );
    }
  },
  60_000,
);
