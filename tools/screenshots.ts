import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BrowserContextOptions } from 'playwright-core';
import { startBrowser } from './page/browser';
import { ChatWindow } from './page/chat-window';

const USAGE = `npm run screenshots -- [--url http://localhost:3000] [--out docs/screenshots]

Makes pictures of the chat page in its main states, on a server that runs (npm start): some people register
there and write to each other.`;

const WIDE = { viewport: { width: 1120, height: 700 } };
const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://localhost:3000' },
      out: { type: 'string', default: 'docs/screenshots' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  mkdirSync(values.out, { recursive: true });
  const browser = await startBrowser();
  const take = async ({ page }: ChatWindow, name: string) => {
    const path = join(values.out, `${name}.png`);
    await page.mouse.move(0, 0);
    // So that no caret and no transition is in it.
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    console.log(path);
  };
  try {
    const register: Register = (name, options) =>
      ChatWindow.register(browser, `${values.url}/`, name, options);
    await picture(register, take);
  } finally {
    await browser.close();
  }
}

type Register = (name: string, options: BrowserContextOptions) => Promise<ChatWindow>;
type Take = (window: ChatWindow, name: string) => Promise<void>;

/** A few people, what they say, and the pictures of it. */
async function picture(register: Register, take: Take): Promise<void> {
  const ann = await register('Ann Lee', WIDE);
  await take(ann, 'empty');
  const bob = await register('Bob Moreno', { ...PHONE, colorScheme: 'dark' });
  const mei = await register('陈美', { ...WIDE, colorScheme: 'dark' });

  await direct(ann, bob);
  await group(ann, [bob, mei]);
  await ann.row('ladder').waitFor();
  await bob.open('Allotment 12');
  await bob.composer.pressSequentially('Coming too');
  await ann.page.locator('.chat-head .typing').waitFor();
  await take(ann, 'group');

  await ann.page.locator('.row', { hasText: 'ladder' }).hover();
  await ann.row('ladder').getByRole('button', { name: 'Actions' }).click();
  await take(ann, 'actions');
  await ann.page.keyboard.press('Escape');
  await ann.page.getByRole('button', { name: 'About this conversation' }).click();
  await ann.page.locator('.person').nth(2).waitFor();
  await take(ann, 'members');
  await ann.page.keyboard.press('Escape');

  await bob.composer.fill('');
  await take(bob, 'phone-chat');
  await bob.page.getByRole('button', { name: 'Back to the list' }).tap();
  await take(bob, 'phone-list');

  await mei.page.getByRole('button', { name: 'Settings' }).click();
  await mei.page.getByLabel('Language').selectOption('zh');
  await mei.page.keyboard.press('Escape');
  await mei.page.getByRole('textbox', { name: '输入消息' }).waitFor();
  await take(mei, 'dark-chinese');

  await ann.open('Bob Moreno');
  await ann.context.setOffline(true);
  await ann.write('I will call you from the train.');
  await ann.page.getByText('You are offline').waitFor();
  await ann.marked('from the train', 'pending');
  await take(ann, 'offline');
}

async function direct(ann: ChatWindow, bob: ChatWindow): Promise<void> {
  await ann.openPerson(bob.account.username);
  await ann.write('Have you seen the timetable? https://example.org/trains');
  await bob.open('Ann Lee');
  await bob.write('Yes, the 9:14 would do.');
  await ann.row('9:14').waitFor();
  await ann.act('9:14', 'React with 👍');
  await ann.write('Good. I bring coffee.');
  await ann.marked('coffee', 'read');
  await bob.page.getByRole('button', { name: 'Back to the list' }).tap();
}

async function group(ann: ChatWindow, others: readonly ChatWindow[]): Promise<void> {
  const dialog = ann.page.getByRole('dialog');
  await ann.page.getByRole('button', { name: 'New group' }).click();
  await dialog.getByLabel('Name of the group').fill('Allotment 12');
  for (const { account } of others) {
    await dialog.getByRole('searchbox').fill(account.username);
    await dialog.locator('.line', { hasText: account.username }).click();
  }
  await dialog.getByRole('button', { name: 'Create group' }).click();
  await dialog.waitFor({ state: 'detached' });
  await ann.composer.waitFor();
  const [bob, mei] = others as [ChatWindow, ChatWindow];
  await ann.write('The cherries are ripe. Who helps on Saturday?');
  await mei.open('Allotment 12');
  await mei.write('我来！我带篮子。');
  await mei.write('What time?');
  await ann.row('What time?').waitFor();
  await ann.act('What time?', 'Reply');
  await ann.write('Nine, before it gets hot.');
  await ann.write(`@${bob.account.username} could you bring the ladder?`);
  await mei.row('ladder').waitFor();
  await mei.act('cherries', 'React with 🎉');
  await ann.act('cherries', 'React with ❤️');
  await ann.act('Nine, before', 'Pin');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
