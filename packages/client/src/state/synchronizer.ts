import { ParleyError } from '../core/error';
import { pause, type Runtime } from '../core/runtime';
import type { Link } from '../wire/link';
import type { Api } from '../api/api';
import { Reader } from './reader';
import type { Replica } from './replica';

interface Sources {
  readonly api: Api;
  readonly replica: Replica;
  readonly runtime: Runtime;
  /** Whether it has caught up may be another now. */
  readonly changed: () => void;
  /** What could not be read for good. */
  readonly complain: (problem: ParleyError) => void;
}

/** Conversations on a page. */
const PAGE = 100;
/** A request that waits for news longer is cut by proxies. */
const WAIT_SECONDS = 25;
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Brings what is held up to date on each new link, and reads what turns out to be missing. */
export class Synchronizer {
  #link: Link | null = null;
  #reader: Reader | null = null;

  constructor(private readonly sources: Sources) {}

  /** Whether all that is looked at is as the server has it. */
  get isCaughtUp(): boolean {
    if (!this.#reader || this.#reader.isBusy) return false;
    return [...this.sources.replica.conversations.values()].every((held) => !held.needsReading);
  }

  up(link: Link): void {
    this.#link = link;
    void this.#run(link);
  }

  down(): void {
    this.#link = null;
    this.#reader?.end();
    this.#reader = null;
    this.sources.changed();
  }

  /** Something of a conversation has come, or somebody looks at it now. */
  look(id: string): void {
    this.#reader?.look(id);
  }

  async #run(link: Link): Promise<void> {
    const { replica, api, runtime, changed, complain } = this.sources;
    await this.#insist(link, 0);
    if (this.#link !== link) return;
    const settled = (problem?: ParleyError) => {
      if (problem) complain(problem);
      changed();
    };
    this.#reader = new Reader({ link, api, replica, runtime, settled });
    this.#lookAtAll();
    while (link.polls && this.#link === link) {
      await this.#insist(link, WAIT_SECONDS);
      this.#lookAtAll();
    }
  }

  #lookAtAll(): void {
    for (const id of this.sources.replica.conversations.keys()) this.look(id);
    this.sources.changed();
  }

  /** Syncs until it has succeeded, or the link is gone. */
  async #insist(link: Link, wait: number): Promise<void> {
    const { replica, runtime, complain } = this.sources;
    for (let failures = 0; this.#link === link;) {
      try {
        // What is written in while pages are read moves to the front, and is on none that follows.
        for (let pages = 2; pages > 1;) pages = await this.#readPages(link, wait);
        return;
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        if (error.code === 'cursor_invalid') replica.clear();
        else if (!error.retryable) complain(error);
        await pause(runtime, runtime.random() * Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures++));
      }
    }
  }

  /** How many pages there were. */
  async #readPages(link: Link, wait: number): Promise<number> {
    const { replica } = this.sources;
    let cursor = replica.cursor ?? undefined;
    replica.syncBegins();
    for (let pages = 1; ; pages++) {
      const asked = { cursor, limit: PAGE, ...(wait > 0 && pages === 1 && { wait }) };
      const page = await link.request('sync', asked, (reply) => {
        if (this.#link === link) replica.synced(reply);
      });
      ({ cursor } = page);
      if (page.more) continue;
      if (this.#link === link) replica.cursor = cursor;
      return pages;
    }
  }
}
