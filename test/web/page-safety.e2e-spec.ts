import { Person } from '../support/person';
import { describeWith } from '../support/require-program';
import type { TestApp } from '../support/start-app';
import type { ChatWindow } from '../../tools/page/chat-window';
import { seriousFaults } from './accessibility';
import { PageWorld } from './page-world';
import { becomes } from '../support/until';

jest.setTimeout(90_000);

/** What would run, were any of it ever taken for HTML, a script or an address. */
const ATTACKS = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked=1">',
  '"><svg onload=window.hacked=1>',
  "';window.hacked=1;//",
  'javascript:window.hacked=1',
  'https://x.org/"onmouseover="window.hacked=1',
  'https://x.org/<img src=x onerror=window.hacked=1>',
  'data:text/html,<script>window.hacked=1</script>',
  '<iframe srcdoc="<script>parent.hacked=1</script>">',
  '{{constructor.constructor("window.hacked=1")()}}',
  '${window.hacked=1}',
  '<style>*{display:none}</style>',
  '<a href="javascript:window.hacked=1">x</a>',
  '&lt;b&gt; &#60;script&#62;',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1>',
  '\u202eevil\u202c \u0000'.replace('\u0000', ''),
  '__proto__',
];

describeWith('chromium', 'the chat page against the worst and for everybody', () => {
  let app: TestApp;
  let world: PageWorld;

  beforeAll(async () => ({ app, world } = await PageWorld.withServer()));
  afterEach(() => world.tidy());
  afterAll(() => world?.end());

  it('shows attacks as the texts that they are, wherever they stand', async () => {
    const ann = await world.person('Ann Lee');
    const mallory = await Person.register(app.url, 'mallory');
    const { items } = await mallory.ok('GET', `/users?query=${ann.account.username}`);
    const annId = items[0].id as string;
    for (const [at, text] of ATTACKS.entries()) {
      // Names end at 64 characters, and turn no text around.
      const name = text.replaceAll(/[\u202a-\u202e]/g, '');
      await mallory.ok('PATCH', '/users/me', { displayName: name.slice(0, 64) });
      const title = name.slice(0, 100);
      const made = await mallory.ok('POST', '/conversations', { kind: 'group', title, memberIds: [annId] });
      const path = `/conversations/${made.conversation.id}/messages`;
      const { message } = await mallory.ok('POST', path, { id: crypto.randomUUID(), text });
      await mallory.ok('POST', path, { id: crypto.randomUUID(), text: `answer ${at}`, replyTo: message.id });
      await ann.page.goto(`${app.url}/#/c/${made.conversation.id}`);
      await ann.row(`answer ${at}`).waitFor();
      await becomes(() => ann.texts(), [text, `answer ${at}`]);
      await becomes(() => ann.page.locator('.chat-title h2').textContent(), title);
    }
    expect(await ann.page.evaluate('window.hacked')).toBeUndefined();
    const links = await ann.page
      .locator('#app a')
      .evaluateAll((all) => all.map((link) => (link as unknown as { href: string }).href));
    expect(links.every((href) => /^https?:/.test(href))).toBe(true);
    expect(await ann.page.locator('#app').locator('script, iframe, style, img').count()).toBe(0);
  });

  it('runs no script that has got into the page', async () => {
    const ann = await world.person('Ann Lee');
    const policy = await ann.page.evaluate(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      const script = document.createElement('script');
      try { script.textContent = 'window.hacked = 1'; document.body.append(script); } catch { resolve('refused'); }
    })`);
    expect(['refused', 'require-trusted-types-for', 'script-src', 'script-src-elem']).toContain(policy);
    expect(await ann.page.evaluate('window.hacked')).toBeUndefined();
    ann.complaints.length = 0;
  });

  async function check({ page }: ChatWindow, what: string): Promise<void> {
    expect([what, ...(await seriousFaults(page))]).toEqual([what]);
  }

  it.each(['light', 'dark'] as const)('is accessible, %s', async (colorScheme) => {
    const ann = await world.person('Ann Lee', { colorScheme });
    const bob = await Person.register(app.url, 'bob');
    await check(ann, 'empty');
    await ann.openPerson(bob.username);
    await ann.write('Hello, see https://example.org');
    await ann.marked('Hello', 'sent');
    await ann.act('Hello', 'React with 👍');
    await bob.connect();
    const { conversations } = await bob.ok('GET', '/sync');
    const path = `/conversations/${conversations[0].id}/messages`;
    const text = `Hi @${ann.account.username}`;
    const { senderId } = conversations[0].lastMessage;
    await bob.ok('POST', path, { id: crypto.randomUUID(), text, mentions: [senderId] });
    await ann.row('Hi').waitFor();
    await ann.act('Hi', 'Reply');
    await check(ann, 'chat');
    for (const name of ['Settings', 'Contacts', 'New group', 'About this conversation']) {
      await ann.page.getByRole('button', { name, exact: true }).click();
      await ann.page.getByRole('dialog').waitFor();
      await check(ann, name);
      await ann.page.keyboard.press('Escape');
      await ann.page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await bob.disconnect();
  });

  it('is used by the keyboard alone', async () => {
    const ann = await world.person('Ann Lee');
    const bob = await Person.register(app.url, 'bob');
    const { page } = ann;
    await page.getByRole('searchbox').focus();
    await page.keyboard.type(bob.username);
    await page.locator('.sidebar .line').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await ann.composer.waitFor();
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    await ann.marked('By keyboard', 'sent');
    // Back into the messages, to the buttons of the last one.
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Actions' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Actions');
  });
});
