import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Poller } from '../common/poller';
import type { Beat } from '../connections/bus/bus-message';
import { NodeBus, NODES_CHANNEL, userChannel } from '../connections/bus/node-bus';
import { ConnectionRegistry } from '../connections/connection-registry';
import { DeliveryService } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import { CommitFeed } from '../timeline/commit-feed';
import { type Missed, readMissed } from './missed-statement';
import { Peers } from './peers';
import { UnreadService } from './unread.service';

const BEAT_MS = 700;
/** Of the positions of the feed so many are kept; the oldest is told. */
const POSITIONS = 3;
/** Users of one reading. */
const BATCH = 200;

/** Somebody whose channel is asked for, and not heard yet. */
interface Joining {
  readonly userId: string;
  readonly since: string;
  hasLooked: boolean;
}

/**
 * Brings what takes no version to those who are connected here, when the bus may not have brought it.
 *
 * Messages and changes are missed at most for a second, since the commit feed tells of them. Cursors, counts
 * of unread messages and what one has deleted for oneself are in no feed: they are read where a beat of
 * another node is missing or tells of a loss, and for who has looked before their channel was joined.
 */
@Injectable()
export class MissedHints implements OnModuleInit, OnModuleDestroy {
  private readonly poller = new Poller('reading what the bus did not bring', BEAT_MS, () => this.poll());
  private readonly positions: string[] = [];
  private peers = new Peers('0');
  private begun = '0';
  private beats = 0;
  /** From where on everybody here may have missed something. */
  private since: string | undefined;
  /** The same for single users. */
  private readonly late = new Map<string, string>();
  /** Users whose channels are being joined. */
  private readonly joining = new Map<string, Joining>();

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly bus: NodeBus,
    private readonly feed: CommitFeed,
    private readonly registry: ConnectionRegistry,
    private readonly delivery: DeliveryService,
    private readonly unread: UnreadService,
  ) {}

  onModuleInit(): void {
    if (!this.bus.isShared) return;
    const { bus, registry, feed } = this;
    this.begun = feed.position;
    this.peers = new Peers(this.begun);
    this.positions.push(this.begun);
    bus.join(NODES_CHANNEL);
    bus.subscribe((message) => {
      if (message.type === 'beat') this.hear(message.beat);
    });
    bus.onGap(() => this.peers.cutOff());
    bus.onJoined((channels) => channels.forEach((channel) => this.joined(channel)));
    registry.onOpened(({ userId }) => this.opened(userId));
    registry.onClosed(({ userId }) => {
      if (!registry.isConnected(userId)) this.joining.delete(userChannel(userId));
    });
    this.beat();
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }

  /** Call before somebody is shown what is pushed to them from then on. */
  looks(userId: string): void {
    const joining = this.joining.get(userChannel(userId));
    if (joining) joining.hasLooked = true;
  }

  private async poll(): Promise<void> {
    this.positions.push(this.feed.position);
    if (this.positions.length > POSITIONS) this.positions.shift();
    this.beat();
    for (const since of this.peers.fallenSilent()) this.missed(since);
    await this.read();
  }

  private beat(): void {
    const { begun, bus, position: from } = this;
    const beat = { node: this.feed.nodeId, begun, count: ++this.beats, losses: bus.losses, from };
    this.bus.publish([NODES_CHANNEL], { type: 'beat', beat });
  }

  /** Older than what is being answered and published just now. */
  private get position(): string {
    return this.positions[0] ?? '0';
  }

  private hear(beat: Beat): void {
    const since = this.peers.heard(beat);
    if (since !== null) this.missed(since);
  }

  private missed(since: string): void {
    this.since = this.since === undefined ? since : earlier(this.since, since);
  }

  private opened(userId: string): void {
    const channel = userChannel(userId);
    // With a connection before this one it was joined then.
    if (this.registry.ofUser(userId).length > 1 || this.joining.has(channel)) return;
    this.joining.set(channel, { userId, since: this.position, hasLooked: false });
  }

  private joined(channel: string): void {
    const joining = this.joining.get(channel);
    this.joining.delete(channel);
    if (joining?.hasLooked) this.late.set(joining.userId, joining.since);
  }

  private async read(): Promise<void> {
    const { since } = this;
    const users = since === undefined ? [...this.late.keys()] : [...this.registry.userIds()];
    const from = [...this.late.values()].reduce(earlier, since ?? this.position);
    const late = [...this.late];
    this.since = undefined;
    this.late.clear();
    try {
      for (let start = 0; start < users.length; start += BATCH) {
        this.tell(await readMissed(this.source, users.slice(start, start + BATCH), from));
      }
    } catch (error) {
      if (since !== undefined) this.missed(since);
      for (const [userId, at] of late) this.late.set(userId, at);
      throw error;
    }
  }

  private tell({ cursors, changed, hidden }: Missed): void {
    for (const { users: to, ...receipt } of cursors) {
      this.delivery.sendHere({ to, frame: Frame.push('receipt.updated', receipt) });
      if (to.includes(receipt.userId)) this.unread.changedHere(receipt.conversationId, [receipt.userId]);
    }
    for (const { userId, ...message } of hidden) {
      this.delivery.sendHere({ to: [userId], frame: Frame.push('message.hidden', message) });
      this.unread.changedHere(message.conversationId, [userId]);
    }
    for (const { conversationId, users } of changed) this.unread.changedHere(conversationId, users);
  }
}

function earlier(a: string, b: string): string {
  return BigInt(a) < BigInt(b) ? a : b;
}
