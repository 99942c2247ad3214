import { encodeAnnouncement } from './bus-payload';
import { Interests } from './interests';

/** Between looks at what has changed. */
const BATCH_MS = 5;
/** After an announcement was lost. */
const RETRY_MS = 250;

export interface AnnouncerEvents {
  /** Every node that is waited for goes by an announcement of these. */
  joined(channels: readonly string[]): void;
  /** Whether every node that is waited for goes by this announcement, or a later one. */
  isHeard(number: number): boolean;
}

interface Joining {
  readonly number: number;
  readonly channels: readonly string[];
}

/** Tells the other nodes what this one listens to: what has changed, and all of it where that is asked for. */
export class Announcer {
  /** Of the last announcement. */
  number = 0;
  private readonly interests = new Interests();
  /** Joined since the last announcement. */
  private readonly arriving = new Set<string>();
  /** Announced, and not known to all. */
  private waiting: Joining[] = [];
  private published = 0;
  private isUp = false;
  private owesAll = true;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly node: string,
    private readonly publish: (bytes: Buffer) => Promise<unknown>,
    private readonly events: AnnouncerEvents,
  ) {}

  join(channel: string): void {
    if (!this.interests.add(channel)) return;
    this.arriving.add(channel);
    this.announceSoon(BATCH_MS);
  }

  leave(channel: string): void {
    this.interests.remove(channel);
    this.arriving.delete(channel);
    this.announceSoon(BATCH_MS);
  }

  /** Everything is to be told once more. */
  tellAll(): void {
    this.owesAll = true;
    this.announceSoon(BATCH_MS);
  }

  /** This node can hear, so others may speak to it. */
  up(): void {
    this.isUp = true;
    this.announce();
  }

  down(): void {
    this.isUp = false;
  }

  close(): void {
    this.isUp = false;
    clearTimeout(this.timer);
  }

  /** Tells what has changed, or that this node is there. */
  announce(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isUp) return;
    const isWhole = this.owesAll;
    const changed = this.interests.takeChanges();
    if (changed.length > 0 || this.number === 0) this.number++;
    if (this.arriving.size > 0) this.waiting.push({ number: this.number, channels: [...this.arriving] });
    this.arriving.clear();
    this.owesAll = false;
    const { node, number } = this;
    const changes = isWhole ? this.interests.all() : changed;
    this.publish(encodeAnnouncement({ node, number, isWhole, changes })).then(
      () => {
        this.published = number;
        this.settle();
      },
      () => {
        // What others know now is not known here.
        this.owesAll = true;
        this.announceSoon(RETRY_MS);
      },
    );
  }

  /** To be called when somebody else has caught up, or is not waited for any more. */
  settle(): void {
    while (this.waiting[0] && this.waiting[0].number <= this.published) {
      if (!this.events.isHeard(this.waiting[0].number)) return;
      this.events.joined(this.waiting.shift()!.channels);
    }
  }

  private announceSoon(ms: number): void {
    if (this.isUp) this.timer ??= setTimeout(() => this.announce(), ms).unref();
  }
}
