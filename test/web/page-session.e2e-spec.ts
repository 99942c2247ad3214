import { ChatWindow } from '../../tools/page/chat-window';
import { describeWith } from '../support/require-program';
import type { TestApp } from '../support/start-app';
import { eventually } from '../support/until';
import { PageWorld } from './page-world';

jest.setTimeout(90_000);

describeWith('chromium', 'the session of the chat page', () => {
  let app: TestApp;
  let world: PageWorld;

  beforeAll(async () => ({ app, world } = await PageWorld.withServer()));
  afterEach(() => world.tidy());
  afterAll(() => world?.end());

  const cookieOf = async (window: ChatWindow) => (await window.context.cookies())[0];
  const stored = (window: ChatWindow) =>
    window.page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
  const loggedOut = (window: ChatWindow) => window.page.getByRole('heading', { name: 'Log in' }).waitFor();
  const loggedIn = (window: ChatWindow) =>
    window.page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  const openSessions = async ({ account }: ChatWindow) => {
    const [{ count }] = await app.source.query(
      `SELECT count(*)::int FROM session s JOIN "user" u ON u.id = user_id
       WHERE username = $1 AND revoked_at IS NULL`,
      [account.username],
    );
    return count as number;
  };

  async function logOut(window: ChatWindow): Promise<void> {
    await window.page.getByRole('button', { name: 'Settings' }).click();
    await window.page.getByRole('button', { name: 'Log out' }).click();
    await loggedOut(window);
  }

  it('is in a cookie that no script reads, over reloads and in two tabs', async () => {
    const ann = await world.person('Ann Lee');
    expect(await cookieOf(ann)).toMatchObject({
      name: 'parley',
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
    });
    const first = (await cookieOf(ann))!.value;
    await ann.page.reload();
    await loggedIn(ann);
    // A new page has to ask for an access token, and gets another cookie with it.
    await eventually(async () => (await cookieOf(ann))!.value !== first);
    const other = world.keep(await ann.tab());
    await Promise.all([ann.page.reload(), other.page.reload()]);
    await Promise.all([loggedIn(ann), loggedIn(other)]);
    for (const window of [ann, other]) {
      const text = await stored(window);
      expect(text).toContain(ann.account.username);
      expect(text).not.toMatch(/oken|parley=|eyJ/);
    }
    expect(await openSessions(ann)).toBe(1);
  });

  it('ends with the log-out, in all tabs', async () => {
    const ann = await world.person('Ann Lee');
    const other = world.keep(await ann.tab());
    await logOut(ann);
    await loggedOut(other);
    expect(await cookieOf(ann)).toBeUndefined();
    expect(await openSessions(ann)).toBe(0);
    await ann.page.reload();
    await loggedOut(ann);
  });

  it('ends when the server can be reached again, of who logged out without it', async () => {
    const ann = await world.person('Ann Lee');
    await ann.page.route('**/v1/auth/logout', (route) => route.abort());
    await logOut(ann);
    expect(await openSessions(ann)).toBe(1);
    await ann.page.unroute('**/v1/auth/logout');
    await ann.page.reload();
    await loggedOut(ann);
    await eventually(async () => (await openSessions(ann)) === 0);
    expect(await cookieOf(ann)).toBeUndefined();
  });

  it('goes on of who has tokens in localStorage, from a page before', async () => {
    const ann = await world.person('Ann Lee');
    const { username, password } = ann.account;
    await ann.page.evaluate(
      `(async () => {
        const body = JSON.stringify({ username: '${username}', password: '${password}' });
        const answer = await fetch('/v1/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        localStorage.setItem('parley.session', await answer.text());
      })()`,
    );
    await ann.context.clearCookies();
    await ann.page.reload();
    await loggedIn(ann);
    await eventually(async () => (await cookieOf(ann)) !== undefined);
    await eventually(async () => !String(await stored(ann)).includes('oken'));
    await ann.page.reload();
    await loggedIn(ann);
  });

  it('leaves the documents what their policy lets in', async () => {
    const ann = await world.person('Ann Lee');
    await ann.page.goto(`${app.url}/docs`);
    await ann.page.getByText('/v1/auth/login').first().waitFor();
  });
});
