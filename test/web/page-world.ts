import type { Browser, BrowserContextOptions } from 'playwright-core';
import { startBrowser } from '../../tools/page/browser';
import { ChatWindow } from '../../tools/page/chat-window';
import { startApp, type TestApp } from '../support/start-app';

/** A browser, and the windows in it: none may have complained when a test ends. */
export class PageWorld {
  readonly windows: ChatWindow[] = [];

  private constructor(
    readonly browser: Browser,
    private readonly url: () => string,
    private readonly stopServer: () => Promise<void>,
  ) {}

  static async start(
    url: () => string,
    stopServer: () => Promise<void> = () => Promise.resolve(),
  ): Promise<PageWorld> {
    return new PageWorld(await startBrowser(), url, stopServer);
  }

  /** With a server of its own. */
  static async withServer(
    settings: Record<string, string> = {},
  ): Promise<{ app: TestApp; world: PageWorld }> {
    const app = await startApp(settings);
    const world = await PageWorld.start(
      () => app.url,
      () => app.stop(),
    ).catch(async (error: unknown) => {
      await app.stop();
      throw error;
    });
    return { app, world };
  }

  /** The browser, and the server if it is its own. */
  async end(): Promise<void> {
    await this.browser.close();
    await this.stopServer();
  }

  /** Somebody new, in a browser profile of their own. */
  async person(name: string, options: BrowserContextOptions = {}): Promise<ChatWindow> {
    return this.keep(await ChatWindow.register(this.browser, `${this.url()}/`, name, options));
  }

  keep(window: ChatWindow): ChatWindow {
    this.windows.push(window);
    return window;
  }

  /** Closes all windows; fails when the security policy, or an error in the page, had something to say. */
  async tidy(): Promise<void> {
    const windows = this.windows.splice(0);
    const complaints = windows.flatMap((window) => window.complaints);
    await Promise.all(windows.map((window) => window.close()));
    expect(complaints).toEqual([]);
  }
}
