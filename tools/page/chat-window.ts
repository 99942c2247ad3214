import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';

const PASSWORD = 'correct horse battery';
/** Names are taken for good: others have been here before. */
const run = Date.now().toString(36).slice(-4);
let count = 0;

export interface Account {
  readonly username: string;
  readonly displayName: string;
  readonly password: string;
}

/** A browser of somebody's with the chat page in it, and what they do there. */
export class ChatWindow {
  /** What the page's security policy has refused, and what went wrong in its code. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly account: Account,
  ) {
    this.page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // A server that is away is not the page's fault.
      const isNetwork = /Failed to load resource|WebSocket connection|net::ERR/.test(message.text());
      if (message.type() === 'error' && !isNetwork) this.complaints.push(message.text());
    });
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  /** A browser profile of its own, in which somebody registers. */
  static async register(
    browser: Browser,
    url: string,
    displayName: string,
    options: BrowserContextOptions = {},
  ): Promise<ChatWindow> {
    const username = `${displayName.toLowerCase().replaceAll(/[^a-z0-9]/g, '') || 'somebody'}-${run}${++count}`;
    const account = { username, displayName, password: PASSWORD };
    const window = await ChatWindow.blank(browser, url, account, options);
    await window.page.getByLabel('User name').fill(username);
    // Who comes by an invite is asked to register at once.
    const toRegister = window.page.getByRole('button', { name: /New here/ });
    if (await toRegister.isVisible()) await toRegister.click();
    await window.page.getByLabel('Your name').fill(displayName);
    await window.page.getByLabel('Password').fill(PASSWORD);
    await window.page.getByRole('button', { name: 'Create account' }).click();
    await window.isIn();
    return window;
  }

  /** A browser profile of its own, in which somebody logs in who has an account. */
  static async logIn(
    browser: Browser,
    url: string,
    account: Account,
    options: BrowserContextOptions = {},
  ): Promise<ChatWindow> {
    const window = await ChatWindow.blank(browser, url, account, options);
    await window.page.getByLabel('User name').fill(account.username);
    await window.page.getByLabel('Password').fill(account.password);
    await window.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await window.isIn();
    return window;
  }

  private static async blank(
    browser: Browser,
    url: string,
    account: Account,
    options: BrowserContextOptions,
  ): Promise<ChatWindow> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const window = new ChatWindow(await context.newPage(), account);
    await window.page.goto(url);
    return window;
  }

  /** One more tab of the same profile. */
  async tab(): Promise<ChatWindow> {
    const window = new ChatWindow(await this.context.newPage(), this.account);
    await window.page.goto(this.page.url());
    await window.isIn();
    return window;
  }

  private async isIn(): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  }

  /** Finds somebody by name, and opens the conversation with them. */
  async openPerson(username: string): Promise<void> {
    await this.page.getByRole('searchbox', { name: /Search people/ }).fill(username);
    await this.page.locator('.sidebar .line', { hasText: username }).first().click();
    await this.composer.waitFor();
  }

  /** Opens a conversation of the list. */
  async open(title: string): Promise<void> {
    await this.line(title).click();
    await this.composer.waitFor();
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Write a message' });
  }

  line(title: string): Locator {
    return this.page.locator('.sidebar .line', { has: this.page.locator('.line-title', { hasText: title }) });
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** The row of a message that is drawn. */
  row(text: string): Locator {
    return this.page.locator('.row', { has: this.page.locator('.words', { hasText: text }) });
  }

  /** Texts of the messages that are drawn, from above. */
  texts(): Promise<string[]> {
    return this.page.locator('.row .words').allTextContents();
  }

  /** Waits until a message of mine has got so far. */
  async marked(text: string, mark: 'pending' | 'sent' | 'delivered' | 'read' | 'failed'): Promise<void> {
    await this.row(text).locator(`[data-mark=${mark}]`).waitFor();
  }

  /** Opens what can be done with a message, and does one of it. */
  async act(text: string, act: string | RegExp): Promise<void> {
    const row = this.row(text);
    await row.hover();
    await row.getByRole('button', { name: 'Actions' }).click();
    await this.page.locator('dialog.menu').getByRole('button', { name: act }).click();
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
