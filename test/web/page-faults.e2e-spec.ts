import { Installation } from '../support/installation';
import { describeWith } from '../support/require-program';
import { becomes, eventually } from '../support/until';
import { PageWorld } from './page-world';

jest.setTimeout(120_000);

describeWith('chromium', 'the chat page when things fail', () => {
  let installation: Installation;
  let world: PageWorld;

  beforeAll(async () => {
    installation = await Installation.start();
    world = await PageWorld.start(() => installation.url);
  });
  afterEach(() => world.tidy());
  afterAll(async () => {
    await world?.end();
    await installation?.remove();
  });

  async function two() {
    const [ann, bob] = await Promise.all([world.person('Ann Lee'), world.person('Bob')]);
    await ann.openPerson(bob.account.username);
    await ann.write('first');
    await bob.open('Ann Lee');
    await bob.row('first').waitFor();
    return { ann, bob };
  }

  it('is named when the server starts', () => {
    const port = new URL(installation.url).port;
    expect(installation.server.output).toMatch(new RegExp(`Chat +http://localhost:${port}/\\n`));
  });

  it('sends what was written while the server was dead, once and in order', async () => {
    const { ann, bob } = await two();
    await ann.composer.pressSequentially('while it di');
    await installation.server.end('SIGKILL');
    await ann.composer.pressSequentially('ed');
    await ann.composer.press('Enter');
    await ann.write('and after');
    await ann.marked('and after', 'pending');
    await ann.page.getByText(/Reconnecting|Connecting/).waitFor();
    await installation.start();
    await ann.page
      .getByRole('button', { name: 'Now' })
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await ann.marked('and after', 'read');
    await bob.write('got it');
    await ann.row('got it').waitFor();
    const all = ['first', 'while it died', 'and after', 'got it'];
    await becomes(() => ann.texts(), all);
    await becomes(() => bob.texts(), all);
  });

  it('loses nothing to a reload in the middle of sending', async () => {
    const { ann, bob } = await two();
    // What is sent is not answered: requests and frames go nowhere.
    await ann.context.setOffline(true);
    await ann.page.getByText('You are offline').waitFor();
    for (const text of ['one', 'two', 'three']) await ann.write(text);
    await ann.marked('three', 'pending');
    // Written into the browser's storage before the page is gone.
    await eventually(() => ann.page.evaluate(storedPending).then((count) => count === 3));
    await ann.context.setOffline(false);
    await ann.page.reload();
    await ann.row('three').waitFor();
    await bob.row('three').waitFor();
    await ann.marked('three', 'read');
    await becomes(() => ann.texts(), ['first', 'one', 'two', 'three']);
    await becomes(() => bob.texts(), ['first', 'one', 'two', 'three']);
  });

  it('sends a long burst once and in order over a reload', async () => {
    const { ann, bob } = await two();
    const burst = Array.from({ length: 25 }, (_, at) => `burst ${at}`);
    for (const text of burst) await ann.write(text);
    await ann.page.reload();
    await ann.composer.waitFor();
    await bob.row('burst 24').waitFor();
    await ann.marked('burst 24', 'read');
    const { messages } = await bobsHistory(bob.account.username);
    expect(messages).toEqual(['first', ...burst]);
  });

  async function bobsHistory(username: string) {
    const session = await installation.session();
    const { rows } = await session.query(
      `SELECT text FROM message m JOIN member USING (conversation_id) JOIN "user" u ON u.id = user_id
       WHERE username = $1 ORDER BY seq`,
      [username],
    );
    await session.end();
    return { messages: rows.map(({ text }: { text: string }) => text) };
  }
});

/** In the page: how many messages wait in what the client has stored. */
const storedPending = `(async () => {
  const [{ name }] = await indexedDB.databases();
  const database = await new Promise((resolve) => (indexedDB.open(name).onsuccess = (e) => resolve(e.target.result)));
  const counts = await Promise.all([...database.objectStoreNames].map((store) => new Promise((resolve) => {
    const request = database.transaction(store).objectStore(store).getAll();
    request.onsuccess = () => resolve(request.result.filter((value) => JSON.stringify(value).includes('"status":"pending"')).length);
  })));
  database.close();
  return counts.reduce((a, b) => a + b, 0);
})()`;
