import { describeWith } from '../support/require-program';
import type { TestApp } from '../support/start-app';
import { becomes, eventually } from '../support/until';
import { PageWorld } from './page-world';

jest.setTimeout(90_000);

describeWith('chromium', 'the chat page', () => {
  let app: TestApp;
  let world: PageWorld;

  beforeAll(async () => ({ app, world } = await PageWorld.withServer({ PRESENCE_GRACE: '0' })));
  afterEach(() => world.tidy());
  afterAll(() => world?.end());

  /** Two who have begun to write to each other. */
  async function two() {
    const [ann, bob] = await Promise.all([world.person('Ann Lee'), world.person('Bob')]);
    await ann.openPerson(bob.account.username);
    await ann.write('Hello Bob');
    return { ann, bob };
  }

  it('lets two people chat in two windows', async () => {
    const { ann, bob } = await two();
    await ann.marked('Hello Bob', 'delivered');
    await bob.line('Ann Lee').locator('.badge').waitFor();
    await eventually(async () => (await bob.page.title()) === '(1) Parley');
    await bob.open('Ann Lee');
    await bob.page.getByText('New messages').waitFor();
    await ann.marked('Hello Bob', 'read');
    await eventually(async () => (await bob.page.title()) === 'Parley');

    await bob.composer.pressSequentially('Hi A');
    await ann.page.getByRole('status').filter({ hasText: 'Bob is typing' }).waitFor();
    await bob.composer.fill('Hi Ann');
    await bob.composer.press('Enter');
    await ann.row('Hi Ann').waitFor();
    await ann.page.locator('.typing').waitFor({ state: 'detached' });
    await becomes(() => ann.texts(), ['Hello Bob', 'Hi Ann']);
    await becomes(() => bob.texts(), ['Hello Bob', 'Hi Ann']);
  });

  it('changes messages before the eyes of both', async () => {
    const { ann, bob } = await two();
    await bob.open('Ann Lee');
    await bob.act('Hello Bob', 'React with 🎉');
    await ann.row('Hello Bob').getByRole('button', { name: '🎉, 1 person' }).waitFor();

    await bob.act('Hello Bob', 'Reply');
    await bob.page.getByText('Reply to Ann Lee').waitFor();
    await bob.write('An answer');
    await ann.row('An answer').locator('.quotation', { hasText: 'Hello Bob' }).waitFor();

    await ann.act('Hello Bob', 'Edit');
    await eventually(async () => (await ann.composer.inputValue()) === 'Hello Bob');
    await ann.write('Hello Robert');
    await bob.row('Hello Robert').getByText('edited').waitFor();
    await bob.row('An answer').locator('.quotation', { hasText: 'Hello Robert' }).waitFor();

    await ann.act('An answer', 'Pin');
    await bob.page.getByRole('button', { name: 'Pinned messages' }).click();
    await bob.page.getByRole('dialog').getByText('An answer').waitFor();
    await bob.page.keyboard.press('Escape');

    await ann.act('Hello Robert', 'Delete for everyone');
    await bob.page.locator('.bubble.is-deleted').waitFor();
    await bob.act('An answer', 'Delete for me');
    await bob.row('An answer').waitFor({ state: 'detached' });
    await ann.row('An answer').waitFor();
  });

  it('makes groups, with mentions, roles and members', async () => {
    const people = await Promise.all(['Ann Lee', 'Bob', 'Cat'].map((name) => world.person(name)));
    const [ann, bob, cat] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]];
    const dialog = ann.page.getByRole('dialog');
    await ann.page.getByRole('button', { name: 'New group' }).click();
    await dialog.getByLabel('Name of the group').fill('Garden');
    for (const { account } of [bob, cat]) {
      await dialog.getByRole('searchbox').fill(account.username);
      await dialog.locator('.line', { hasText: account.username }).click();
    }
    // A click too many makes no second group.
    await dialog.getByRole('button', { name: 'Create group' }).dblclick();
    await dialog.waitFor({ state: 'detached' });
    await ann.composer.waitFor();

    await becomes(() => ann.line('Garden').count(), 1);
    await ann.composer.pressSequentially('Look @bo');
    await ann.page.getByRole('option', { name: /Bob/ }).waitFor();
    await ann.composer.press('Tab');
    const completed = `Look @${bob.account.username} `;
    await eventually(async () => (await ann.composer.inputValue()) === completed);
    await ann.composer.press('Enter');
    await bob.line('Garden').locator('.badge-mention').waitFor();
    await cat.line('Garden').locator('.badge').waitFor();
    await becomes(() => cat.line('Garden').locator('.badge-mention').count(), 0);
    await bob.open('Garden');
    await bob.page.locator('.mention.is-me').waitFor();

    await ann.page.getByRole('button', { name: 'About this conversation' }).click();
    await dialog.getByLabel('What to do with Bob').selectOption({ label: 'Make admin' });
    await dialog.locator('.person', { hasText: 'Bob' }).getByText('admin').waitFor();
    await dialog.getByLabel('What to do with Cat').selectOption({ label: 'Remove' });
    await cat.line('Garden').waitFor({ state: 'detached' });
    await dialog.getByLabel('Name of the group').fill('Orchard');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await bob.line('Orchard').waitFor();
    await bob.page.locator('.system', { hasText: 'Ann Lee named the group “Orchard”' }).waitFor();
  });

  it('completes the names of all members of a large group', async () => {
    const ann = await world.person('Ann Lee');
    const far = 'ffffffff-ffff-4fff-bfff-ffffffffffff';
    const rows: { id: string }[] = await app.source.query(
      `INSERT INTO "user" (id, username, display_name, password_hash)
       SELECT gen_random_uuid(), 'crowd-' || n, 'One of many', '' FROM generate_series(1, 250) n
       UNION ALL SELECT $1::uuid, 'zoe-far', 'Quite far', '' RETURNING id`,
      [far],
    );
    await ann.page.evaluate(
      `(async () => {
        const login = { username: '${ann.account.username}', password: '${ann.account.password}' };
        const headers = { 'content-type': 'application/json' };
        const post = (path, body) => fetch('/v1/' + path, { method: 'POST', headers, body: JSON.stringify(body) }).then((answer) => answer.json());
        headers.authorization = 'Bearer ' + (await post('auth/login', login)).accessToken;
        await post('conversations', { kind: 'group', title: 'Crowd', memberIds: ${JSON.stringify(rows.map(({ id }) => id))} });
      })()`,
    );
    await ann.open('Crowd');
    for (const typed of ['Look @zo', 'Look @quite']) {
      await ann.composer.fill('');
      await ann.composer.pressSequentially(typed);
      await ann.page.getByRole('option', { name: /Quite far/ }).click();
      await becomes(() => ann.composer.inputValue(), 'Look @zoe-far ');
    }
    await ann.composer.press('Enter');
    await ann.marked('Look @zoe-far', 'sent');
    const [{ mentions }] = await app.source.query(`SELECT mentions FROM message WHERE text LIKE 'Look%zoe%'`);
    expect(mentions).toEqual([far]);
  });

  it('holds contacts and blocks, and says why a message was not sent', async () => {
    const { ann, bob } = await two();
    const dialog = bob.page.getByRole('dialog');
    await bob.open('Ann Lee');
    await bob.page.getByRole('button', { name: 'About this conversation' }).click();
    await dialog.getByRole('button', { name: 'Add contact' }).click();
    await ann.page.getByRole('button', { name: 'Contacts, 1 contact request' }).click();
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
    await ann.page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Remove contact' }).waitFor();
    await dialog.getByRole('button', { name: 'Block' }).click();
    await dialog.getByRole('button', { name: 'Unblock' }).waitFor();

    await ann.write('Are you there?');
    await ann.marked('Are you there?', 'failed');
    await ann.row('Are you there?').getByText('One of you has blocked the other.').waitFor();
    await dialog.getByRole('button', { name: 'Unblock' }).click();
    await dialog.getByRole('button', { name: 'Block', exact: true }).waitFor();
    await ann.row('Are you there?').getByRole('button', { name: 'Try again' }).click();
    await ann.marked('Are you there?', 'read');
  });

  it('keeps drafts, languages and the session over a reload, and ends the session', async () => {
    const { ann, bob } = await two();
    await ann.composer.fill('half a thou');
    await ann.page.reload();
    await ann.row('Hello Bob').waitFor();
    await becomes(() => ann.composer.inputValue(), 'half a thou');
    await ann.page.getByRole('button', { name: 'Settings' }).click();
    await ann.page.getByLabel('Language').selectOption('zh');
    await ann.page.getByRole('heading', { name: '设置' }).waitFor();
    await ann.page.getByLabel('外观').selectOption('dark');
    await ann.page.reload();
    await ann.page.getByRole('navigation', { name: '会话' }).waitFor();
    expect(await ann.page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    expect(await ann.page.evaluate('document.documentElement.dataset.theme')).toBe('dark');

    await ann.page.getByRole('button', { name: '设置' }).click();
    await ann.page.getByRole('button', { name: '退出登录' }).click();
    await ann.page.getByRole('heading', { name: '登录' }).waitFor();
    const kept = await ann.page.evaluate(
      'indexedDB.databases().then((all) => JSON.stringify({ ...localStorage }) + all.length)',
    );
    expect(kept).not.toContain('oken');
    expect(kept).not.toContain('half a thou');
    expect(bob.complaints).toEqual([]);
  });

  it('tells of messages on the desktop when nobody looks at them', async () => {
    const [ann, bob] = await Promise.all([world.person('Ann Lee'), world.person('Bob')]);
    await ann.context.grantPermissions(['notifications']);
    // Notes what the browser is asked to show, and has it shown.
    await ann.page.addInitScript(`
      window.told = [];
      window.Notification = class extends Notification {
        constructor(title, options) { super(title, options); window.told.push([title, options.body]); }
      };`);
    await ann.page.reload();
    await ann.page.getByRole('button', { name: 'Settings' }).click();
    await ann.page.getByRole('switch', { name: 'Desktop notifications' }).check();
    await ann.page.keyboard.press('Escape');
    await bob.openPerson(ann.account.username);
    await bob.write('<b>Look</b> here');
    await eventually(async () => (await ann.page.evaluate('window.told.length')) === 1);
    expect(await ann.page.evaluate('window.told')).toEqual([['Bob', '<b>Look</b> here']]);
    await ann.open('Bob');
    await bob.write('seen at once');
    await ann.row('seen at once').waitFor();
    expect(await ann.page.evaluate('window.told.length')).toBe(1);
  });

  it('is one client in two tabs of one person', async () => {
    const { ann, bob } = await two();
    const other = world.keep(await ann.tab());
    await other.row('Hello Bob').waitFor();
    await other.write('from the other tab');
    await ann.row('from the other tab').waitFor();
    await bob.open('Ann Lee');
    await bob.write('to both');
    await Promise.all([ann.row('to both').waitFor(), other.row('to both').waitFor()]);
    // The one that keeps the connection goes; the other goes on.
    await ann.page.close();
    await other.write('alone now');
    await bob.row('alone now').waitFor();
    await becomes(() => bob.texts(), ['Hello Bob', 'from the other tab', 'to both', 'alone now']);
  });

  it('fits a phone', async () => {
    const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
    const [ann, bob] = await Promise.all([world.person('Ann Lee', phone), world.person('Bob')]);
    await bob.openPerson(ann.account.username);
    await bob.write('A long word: ' + 'x'.repeat(200));
    await ann.line('Bob').tap();
    await ann.composer.waitFor();
    expect(await ann.page.getByRole('navigation').isVisible()).toBe(false);
    const overflows = () =>
      ann.page.evaluate(
        'document.documentElement.scrollWidth > innerWidth || !!document.querySelector(".messages")?.scrollLeft',
      );
    expect(await overflows()).toBe(false);
    await ann.row('A long word').getByRole('button', { name: 'Actions' }).tap();
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Reply' }).tap();
    await ann.composer.fill('short');
    await ann.page.getByRole('button', { name: 'Send' }).tap();
    await bob.row('short').waitFor();
    await ann.page.getByRole('button', { name: 'Back to the list' }).tap();
    await ann.page.getByRole('navigation').waitFor();
    expect(await overflows()).toBe(false);
  });
});
