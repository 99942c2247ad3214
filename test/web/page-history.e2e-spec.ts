import { Client } from 'pg';
import { fillMessages } from '../../bench/support/fill';
import { ChatWindow } from '../../tools/page/chat-window';
import { longTasks } from '../../tools/page/long-tasks';
import { describeWith } from '../support/require-program';
import type { TestApp } from '../support/start-app';
import { PageWorld } from './page-world';

jest.setTimeout(180_000);

/** Pixels of a turn of the wheel. */
const WHEEL = 400;
/** Nobody notices what takes less. */
const MOST_MS = 50;

describeWith('chromium', 'the chat page with a long history', () => {
  let app: TestApp;
  let world: PageWorld;

  beforeAll(async () => ({ app, world } = await PageWorld.withServer()));
  afterEach(() => world.tidy());
  afterAll(() => world?.end());

  /** Somebody who comes to a conversation in which so much has been written, and has read it all. */
  async function withHistory(count: number): Promise<ChatWindow> {
    const [ann, bob] = await Promise.all([world.person('Ann Lee'), world.person('Bob')]);
    await ann.openPerson(bob.account.username);
    await ann.write('the first');
    await ann.marked('the first', 'sent');
    const client = new Client(app.database);
    await client.connect();
    const { rows } = await client.query(
      `SELECT conversation_id AS id, array_agg(user_id) AS members FROM member JOIN "user" ON id = user_id
       WHERE conversation_id IN (SELECT conversation_id FROM member JOIN "user" ON id = user_id WHERE username = $1)
       GROUP BY 1`,
      [ann.account.username],
    );
    const { id, members } = rows[0] as { id: string; members: string[] };
    await fillMessages(client, [id], { from: 2, to: count, senderIds: members });
    // The newest answers the first: from there one gets to the beginning.
    await client.query(
      `UPDATE message SET reply_to = (SELECT id FROM message WHERE conversation_id = $1 AND seq = 1)
       WHERE conversation_id = $1 AND seq = $2`,
      [id, count],
    );
    await client.query(`UPDATE member SET read_seq = $2, delivered_seq = $2 WHERE conversation_id = $1`, [
      id,
      count,
    ]);
    await client.end();
    const { account, page } = ann;
    await page.close();
    const fresh = world.keep(await ChatWindow.logIn(world.browser, `${app.url}/`, account));
    await fresh.open('Bob');
    await fresh.page.locator('.quotation').waitFor();
    return fresh;
  }

  it('reads 10,000 messages page by page while one scrolls up, and nothing jumps', async () => {
    const ann = await withHistory(10_000);
    await ann.page.mouse.move(800, 400);
    await ann.page.evaluate(watchJumps);
    let seen = 0;
    for (let turn = 0; turn < 100; turn++) {
      await ann.page.mouse.wheel(0, -WHEEL);
      seen = Math.max(seen, await ann.page.evaluate(settled));
    }
    expect(await ann.page.evaluate('window.jumps')).toEqual([]);
    // Far more has been scrolled past than one page holds, and little of it is drawn.
    expect(seen).toBeGreaterThan(400);
    expect(await ann.page.locator('.row').count()).toBeLessThan(80);
    await ann.page.getByRole('button', { name: 'To the newest message' }).click();
    await ann.write('down here');
    await ann.marked('down here', 'sent');
  });

  it('scrolls through 50,000 messages without a task that one would notice', async () => {
    const ann = await withHistory(50_000);
    // All of them are read and held then.
    await ann.page.locator('.quotation').click();
    await ann.row('the first').waitFor({ timeout: 90_000 });
    await ann.page.mouse.move(800, 400);
    const tasks = await longTasks(ann.page, MOST_MS, async () => {
      for (let turn = 0; turn < 80; turn++) {
        // Through the middle, to both ends, and by far jumps.
        if (turn % 20 === 0)
          await ann.page.evaluate(`document.querySelector('.messages').scrollTop = ${turn * 30_000}`);
        await ann.page.mouse.wheel(0, turn % 2 === 0 ? -900 : 600);
        await ann.page.evaluate(settled);
      }
      await ann.write('among many');
      await ann.marked('among many', 'sent');
    });
    expect(tasks).toEqual([]);
  });
});

/** In the page: notes each drawn row, and each frame in which one moves otherwise than by a turn of the wheel. */
const watchJumps = `
  window.jumps = [];
  window.seen = new Set();
  let before = new Map();
  const look = () => {
    const now = new Map([...document.querySelectorAll('.row')].map((row) => [row.dataset.id, row.getBoundingClientRect().top]));
    for (const [id, top] of now) {
      window.seen.add(id);
      const moved = top - (before.get(id) ?? top);
      if (moved < -2 || moved > ${WHEEL + 2}) window.jumps.push(moved);
    }
    before = now;
    requestAnimationFrame(look);
  };
  look();
`;

/** In the page: when a turn of the wheel has been gone through, which is an animation; how many rows have been seen. */
const settled = `new Promise((resolve) => {
  const box = document.querySelector('.messages');
  let [top, still] = [box.scrollTop, 0];
  const look = () => {
    still = box.scrollTop === top ? still + 1 : 0;
    top = box.scrollTop;
    if (still < 6) requestAnimationFrame(look);
    else resolve(window.seen?.size ?? 0);
  };
  look();
})`;
