import { Injectable } from '@nestjs/common';
import type { Commit } from '../common/commit';
import { NodeBus } from './bus/node-bus';
import { ConnectionRegistry } from './connection-registry';
import type { Frame } from './frame';
import { type GapReader, type Position, PushOrder, type PushPosition, type Step } from './push-order';

/** Some users: ids, or members who can also be asked for one by one. */
export type Recipients = Iterable<string> & { readonly size?: number; has?(userId: string): boolean };

export interface Push {
  readonly to: Recipients;
  readonly frame: Frame;
  /** Connection that is not told, because it is answered. */
  readonly except?: string | undefined;
  /** What happened in a conversation goes out in its order; other pushes follow, as they came. */
  readonly position?: PushPosition;
}

/**
 * The way out to connected users, here and on other nodes, for all but presence.
 *
 * What is handed over within one turn of the event loop leaves together at its end, sorted by
 * conversation and version: what one commit stored may reach this place along paths of different length.
 */
@Injectable()
export class DeliveryService {
  private readonly order = new PushOrder();
  private positioned: Step[] = [];
  private unpositioned: (() => void)[] = [];
  private scheduled = false;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly bus: NodeBus,
  ) {
    bus.subscribe(({ userIds, frame }) => this.write({ to: userIds, frame }));
  }

  /** Sends to every connection of the users, but for the excepted one. */
  push(push: Push): void {
    const write = () => {
      this.write(push);
      this.bus.publish({ type: 'push', userIds: push.to, frame: push.frame });
    };
    if (push.position) this.at({ position: push.position, push: push.position, write });
    else this.atEnd(write);
  }

  /** Gives an answer at its place among the pushes of its conversation. */
  inOrder(position: Position, write: () => void): void {
    this.at({ position, write });
  }

  /** Reads with it what others have committed, where a conversation's pushes leave something out. */
  readGapsWith(reader: GapReader): void {
    this.order.readWith(reader);
  }

  /** Tells what was committed, unless that has been told. */
  heard(commits: Iterable<Commit>): void {
    for (const commit of commits) this.order.heard(commit);
  }

  /** Resolves when all that was heard of is told. */
  fillGaps(): Promise<void> {
    return this.order.fillGaps();
  }

  /** Sends to those who are connected here, now; others have it from the database too. */
  sendHere(push: Push): void {
    this.write(push);
  }

  private at(step: Step): void {
    this.positioned.push(step);
    this.schedule();
  }

  private atEnd(write: () => void): void {
    this.unpositioned.push(write);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    const { positioned, unpositioned } = this;
    this.positioned = [];
    this.unpositioned = [];
    this.scheduled = false;
    positioned.sort(byPosition);
    for (const [conversationId, steps] of byConversation(positioned)) this.order.take(conversationId, steps);
    for (const write of unpositioned) write();
  }

  private write({ to, frame, except }: Push): void {
    // Of a large group few are connected here: walk the shorter of the two.
    if (to.has && to.size !== undefined && to.size > this.registry.userCount) {
      for (const userId of this.registry.userIds()) {
        if (to.has(userId)) this.registry.sendToUser(userId, frame, except);
      }
      return;
    }
    for (const userId of to) this.registry.sendToUser(userId, frame, except);
  }
}

function* byConversation(sorted: readonly Step[]): Iterable<[string, Step[]]> {
  let start = 0;
  for (let end = 1; end <= sorted.length; end++) {
    const id = sorted[start]?.position.conversationId ?? '';
    if (sorted[end]?.position.conversationId === id) continue;
    yield [id, sorted.slice(start, end)];
    start = end;
  }
}

function byPosition(a: Step, b: Step): number {
  if (a.position.conversationId === b.position.conversationId) return a.position.version - b.position.version;
  return a.position.conversationId < b.position.conversationId ? -1 : 1;
}
