import type { InviteMade } from '@parley/protocol';
import { ChatWindow } from '../../tools/page/chat-window';
import { Person } from '../support/person';
import { describeWith } from '../support/require-program';
import { startApp, type TestApp } from '../support/start-app';
import { seriousFaults } from './accessibility';
import { PageWorld } from './page-world';
import { becomes } from '../support/until';

jest.setTimeout(90_000);

const PHONE = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };

describeWith('chromium', 'invites on the chat page', () => {
  let app: TestApp;
  let world: PageWorld;

  beforeAll(async () => {
    app = await startApp();
    world = await PageWorld.start(() => app.url);
  });
  afterEach(() => world.tidy());
  afterAll(async () => {
    await world?.browser.close();
    await app?.stop();
  });

  const dialogOf = ({ page }: ChatWindow) => page.getByRole('dialog');
  const linkOf = (token: string) => `${app.url}/#/invite/${token}`;
  const comer = async (link: string, name: string, options = {}) =>
    world.keep(await ChatWindow.register(world.browser, link, name, options));

  /** Somebody with a group of their own, whose information is open. */
  async function owner(options = {}) {
    const ann = await world.person('Ann Lee', options);
    await ann.page.getByRole('button', { name: 'New group' }).click();
    await dialogOf(ann).getByLabel('Name of the group').fill('Garden');
    await dialogOf(ann).getByRole('button', { name: 'Create group' }).click();
    await ann.composer.waitFor();
    await ann.page.getByRole('button', { name: 'About this conversation' }).click();
    await dialogOf(ann).getByText('Invite links').click();
    return ann;
  }

  /** An invite to a group of somebody who has no window. */
  async function invite(by: Person, input: object = {}): Promise<InviteMade & { link: string }> {
    const { conversation } = await by.ok('POST', '/conversations', {
      ...{ kind: 'group', title: 'Garden', memberIds: [] },
    });
    const made = (await by.ok('POST', `/conversations/${conversation.id}/invites`, input)) as InviteMade;
    return { ...made, link: linkOf(made.token) };
  }

  it('one makes a link, and somebody new opens it, registers, joins and chats; revoked it says so', async () => {
    const ann = await owner();
    const dialog = dialogOf(ann);
    await ann.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await becomes(() => dialog.getByLabel('Ends after').locator('option:checked').textContent(), '7 days');
    await dialog.getByLabel('Ends after').selectOption({ label: '1 day' });
    await dialog.getByLabel('For at most').selectOption({ label: '5 people' });
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.getByRole('textbox', { name: 'The link' }).inputValue();
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await dialog.getByText('The link is copied.').waitFor();
    expect(await ann.page.evaluate('navigator.clipboard.readText()')).toBe(link);
    expect(link.startsWith(linkOf(''))).toBe(true);
    await dialog.getByText('0 of 5 joined').waitFor();

    const bob = await comer(link, 'Bob');
    const shown = dialogOf(bob);
    await shown.getByRole('heading', { name: 'Garden' }).waitFor();
    await shown.getByText('Ann Lee invites you to this group.').waitFor();
    await shown.getByText('1 member').waitFor();
    // It has the focus.
    await bob.page.keyboard.press('Enter');
    await bob.composer.waitFor();
    await bob.page.locator('.system', { hasText: 'You joined, invited by Ann Lee' }).waitFor();
    expect(bob.page.url()).toMatch(/#\/c\/[0-9a-f-]{36}$/);
    await ann.page.locator('.system', { hasText: 'Bob joined, invited by You' }).waitFor();
    await bob.write('Hello all');
    await ann.row('Hello all').waitFor();

    // Opened once more it leads there at once.
    await bob.page.goto(`${app.url}/`);
    await bob.page.goto(link);
    await bob.row('Hello all').waitFor();
    await becomes(() => shown.count(), 0);

    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await dialog.getByText('joined').waitFor({ state: 'detached' });
    const cat = await comer(link, 'Cat');
    await dialogOf(cat).getByRole('alert').getByText('This invitation was taken back.').waitFor();
    await becomes(() => dialogOf(cat).getByRole('button', { name: 'Join' }).count(), 0);
    await cat.page.keyboard.press('Escape');
    await dialogOf(cat).waitFor({ state: 'detached' });
    expect(cat.page.url()).toBe(`${app.url}/#`);
  });

  it('the token is sent in bodies only, and waits for who logs in', async () => {
    const gil = await Person.register(app.url, 'gil');
    const { link, token } = await invite(gil);
    const bob = await world.person('Bob');
    await bob.page.getByRole('button', { name: 'Settings' }).click();
    await dialogOf(bob).getByRole('button', { name: 'Log out' }).last().click();
    await bob.page.getByRole('heading', { name: 'Log in' }).waitFor();
    const sent: string[] = [];
    bob.page.on('request', (request) => sent.push(request.url(), JSON.stringify(request.headers())));
    await bob.page.goto(link);
    await bob.page.reload();
    await bob.page.getByText('You are invited to a group.').waitFor();
    await bob.page.getByRole('button', { name: 'Have an account? Log in' }).click();
    await bob.page.getByLabel('User name').fill(bob.account.username);
    await bob.page.getByLabel('Password').fill(bob.account.password);
    await bob.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await dialogOf(bob).getByRole('button', { name: 'Join' }).click();
    await bob.composer.waitFor();
    expect(sent.filter((text) => text.includes('/v1/invites/'))).not.toEqual([]);
    expect(sent.filter((text) => text.includes(token))).toEqual([]);
  });

  it('says why an invitation is none', async () => {
    const gil = await Person.register(app.url, 'gil');
    const [expired, used] = [await invite(gil), await invite(gil, { maxUses: 1 })];
    await app.source.query('UPDATE invite SET expires_at = now() WHERE id = $1', [expired.id]);
    await gil.ok('POST', '/invites/accept', { token: used.token });
    await (await Person.register(app.url)).ok('POST', '/invites/accept', { token: used.token });
    const bob = await world.person('Bob');
    const says = async (link: string, words: string) => {
      await bob.page.goto(link);
      await dialogOf(bob).getByRole('alert').getByText(words).waitFor();
    };
    await says(expired.link, 'This invitation has expired.');
    await says(used.link, 'This invitation has been used as often as it may be.');
    await says(linkOf('half.a-token'), 'There is no such invitation.');

    const { link, conversationId } = await invite(gil);
    await bob.page.goto(link);
    await dialogOf(bob).getByRole('button', { name: 'Join' }).click();
    await bob.composer.waitFor();
    const { items } = await gil.ok('GET', `/conversations/${conversationId}/members`);
    const { userId } = items.find((member: { userId: string }) => member.userId !== gil.id);
    await gil.ok('DELETE', `/conversations/${conversationId}/members/${userId}`);
    await bob.line('Garden').waitFor({ state: 'detached' });
    await says(link, 'You were removed from this group.');

    // What was good when it was shown may be over when it is taken.
    const last = await invite(gil);
    await bob.page.goto(last.link);
    await dialogOf(bob).getByRole('button', { name: 'Join' }).waitFor();
    await gil.ok('DELETE', `/conversations/${last.conversationId}/invites/${last.id}`);
    await dialogOf(bob).getByRole('button', { name: 'Join' }).click();
    await dialogOf(bob).getByRole('alert').getByText('This invitation was taken back.').waitFor();
  });

  it('is tried again when the network was away', async () => {
    const { link } = await invite(await Person.register(app.url, 'gil'));
    const bob = await comer(link, 'Bob');
    const dialog = dialogOf(bob);
    await dialog.getByRole('button', { name: 'Join' }).waitFor();
    await bob.context.setOffline(true);
    await dialog.getByRole('button', { name: 'Join' }).click();
    await dialog.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await bob.context.setOffline(false);
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await bob.composer.waitFor();
  });

  it.each([
    ['light', {}],
    ['dark', PHONE],
  ] as const)('are accessible and fit, %s', async (colorScheme, size) => {
    const options = { colorScheme, ...size };
    const ann = await owner(options);
    const dialog = dialogOf(ann);
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.getByRole('textbox', { name: 'The link' }).inputValue();
    await dialog.getByRole('button', { name: 'Revoke' }).waitFor();
    const look = async ({ page }: ChatWindow) => {
      expect(await seriousFaults(page)).toEqual([]);
      const wide = 'document.querySelector("dialog .dialog-body").scrollWidth';
      expect(
        await page.evaluate(`${wide} <= document.querySelector("dialog .dialog-body").clientWidth`),
      ).toBe(true);
    };
    await look(ann);
    const bob = await comer(link, 'Bob', options);
    await dialogOf(bob).getByRole('button', { name: 'Join' }).waitFor();
    await look(bob);
    await bob.page.goto(linkOf('nothing'));
    await dialogOf(bob).getByRole('alert').getByText('There is no such invitation.').waitFor();
    await look(bob);
  });

  it('are there in Chinese', async () => {
    const gil = await Person.register(app.url, 'gil');
    const { link } = await invite(gil);
    const mei = await world.person('陈美');
    await mei.page.getByRole('button', { name: 'Settings' }).click();
    await mei.page.getByLabel('Language').selectOption('zh');
    await mei.page.goto(link);
    await mei.page.getByText('gil 邀请你加入这个群聊。').waitFor();
    await mei.page.getByRole('button', { name: '加入群聊' }).click();
    await mei.page.locator('.system', { hasText: '我 通过 gil 的邀请链接加入了群聊' }).waitFor();
  });
});
