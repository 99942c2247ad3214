import type { DataSource } from 'typeorm';
import { MembershipService } from './membership.service';

const ANN = { id: 'c', kind: 'group', user_id: 'ann', role: 'owner', joined_seq: '0', members_version: '1' };
const BOB = { id: 'c', kind: 'group', user_id: 'bob', role: 'member', joined_seq: '0', members_version: '1' };

describe('MembershipService', () => {
  let reads: ((rows: object[]) => void)[];
  let memberships: MembershipService;

  beforeEach(() => {
    reads = [];
    const query = () => new Promise<object[]>((resolve) => reads.push(resolve));
    const source = { query } as unknown as DataSource;
    memberships = new MembershipService(source, source);
  });

  /** A reading, once it has begun. */
  const reading = async (index: number): Promise<(rows: object[]) => void> => {
    for (;;) {
      const resolve = reads[index];
      if (resolve) return resolve;
      await new Promise(setImmediate);
    }
  };

  it('lets nobody have what was read before a change, also who only waits for that reading', async () => {
    const first = memberships.require('c', 'bob');
    const second = memberships.require('c', 'bob');
    const answer = await reading(0);
    memberships.apply('c', 2, [['bob', null]]);
    answer([ANN, BOB]);
    (await reading(1))([ANN]);
    await expect(first).rejects.toMatchObject({ code: 'conversation_not_found' });
    await expect(second).rejects.toMatchObject({ code: 'conversation_not_found' });
    expect(reads).toHaveLength(2);
  });

  it('gives everybody who waits the object that stays current', async () => {
    const both = Promise.all([memberships.require('c', 'ann'), memberships.require('c', 'bob')]);
    (await reading(0))([ANN, BOB]);
    const [first, second] = await both;
    expect(first).toBe(second);
    memberships.apply('c', 2, [['bob', null]]);
    expect([...first.everyone]).toEqual(['ann']);
  });

  it('reads again after a reading that failed', async () => {
    const failed = memberships.require('c', 'ann');
    (await reading(0))(undefined as unknown as object[]);
    await expect(failed).rejects.toThrow();
    const again = memberships.require('c', 'ann');
    (await reading(1))([ANN]);
    expect((await again).size).toBe(1);
  });
});
