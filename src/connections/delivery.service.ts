import { Inject, Injectable } from '@nestjs/common';
import { Authority } from '../common/authority';
import type { Commit } from '../common/commit';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import type { BusMessage, Told } from './bus/bus-message';
import { BusPublisher } from './bus/bus-publisher';
import { NodeBus, userChannel } from './bus/node-bus';
import { ConnectionRegistry } from './connection-registry';
import type { Push } from './push';
import { type GapReader, type Position, PushOrder, type PushPosition, type Step } from './push-order';
import type { Members, Recipients, Sight } from './recipients';

/** Knows what was committed elsewhere, and whom it concerns here. */
export interface Elsewhere extends GapReader {
  /** The members of a conversation; null when they are not in memory. */
  members(conversationId: string): Members | null;
}

/**
 * The way out to connected users, here and on other nodes, for all but presence.
 *
 * What is handed over within one turn of the event loop leaves together at its end, sorted by
 * conversation and version: what one commit stored may reach this place along paths of different length.
 */
@Injectable()
export class DeliveryService {
  private readonly order: PushOrder;
  private readonly publisher: BusPublisher;
  private elsewhere: Elsewhere | undefined;
  /** By conversation, in the order of versions. */
  private positioned = new Map<string, Step[]>();
  private outgoing: Push[] = [];
  private unpositioned: (() => void)[] = [];
  private scheduled = false;
  private begun = 0;
  private flushed: (seconds: number) => void = () => undefined;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly bus: NodeBus,
    @Inject(ENV) env: Pick<Env, 'groupChannelMembers'>,
    private readonly authority: Authority,
  ) {
    this.order = new PushOrder(bus);
    this.publisher = new BusPublisher(bus, env.groupChannelMembers);
    registry.onOpened(({ userId }) => bus.join(userChannel(userId)));
    registry.onClosed(({ userId }) => {
      if (!registry.isConnected(userId)) bus.leave(userChannel(userId));
    });
    bus.subscribe((message) => this.receive(message));
  }

  /** Called after every turn that had something to tell, with the time since the first of it was handed over. */
  onFlushed(listener: (seconds: number) => void): void {
    this.flushed = listener;
  }

  /** How often something was read from the database because it was not told. */
  get gapsFilled(): number {
    return this.order.gapsFilled;
  }

  /** Whether users may be connected to other nodes. */
  get isShared(): boolean {
    return this.bus.isShared;
  }

  /** Sends to every connection of the users, but for the excepted one. */
  push(push: Push): void {
    if (push.position) {
      this.at(new PushStep(this, push, push.position));
      if (this.bus.peers > 0) this.outgoing.push(push);
    } else {
      this.atEnd(() => this.sendHere(push));
      if (this.bus.peers > 0) this.atEnd(() => this.publisher.publish(push));
    }
  }

  /** Gives an answer at its place among the pushes of its conversation, or says that it cannot be given. */
  inOrder(answer: Step): void {
    this.at(answer);
  }

  /** Asks it for what others have committed, where a conversation's pushes leave something out. */
  follow(elsewhere: Elsewhere): void {
    this.elsewhere = elsewhere;
    this.order.readWith(elsewhere);
    // What fails is read by the next poll, which tells of it.
    this.bus.onGap(() => void elsewhere.catchUp().catch(() => undefined));
  }

  /** Tells what was committed, unless that has been told. */
  heard(commits: Iterable<Commit>): void {
    for (const commit of commits) this.order.heard(commit);
  }

  /** Whether a commit has been told, or is about to be. */
  hasTold(commit: Commit): boolean {
    return this.order.knows(commit);
  }

  /** Whether any of these is connected here. */
  concerns(users: Recipients): boolean {
    const { registry } = this;
    if (users.has && users.size !== undefined && users.size > registry.userCount) {
      for (const userId of registry.userIds()) if (users.has(userId)) return true;
    } else for (const userId of users) if (registry.isConnected(userId)) return true;
    return false;
  }

  /** Leaves out what was committed of a conversation in which nobody is connected here. */
  pass(conversationId: string): void {
    this.order.forget(conversationId);
  }

  /** Resolves when what was heard of until now is told. */
  fillGaps(): Promise<void> {
    return this.order.fillGaps();
  }

  /** Sends to those who are connected here, now; others have it from the database too. */
  sendHere({ to, frame, except }: Push): void {
    // Of a large group few are connected here: walk the shorter of the two.
    if (to.has && to.size !== undefined && to.size > this.registry.userCount) {
      for (const userId of this.registry.userIds()) {
        if (to.has(userId)) this.registry.sendToUser(userId, frame, except);
      }
      return;
    }
    for (const userId of to) this.registry.sendToUser(userId, frame, except);
  }

  private receive(message: BusMessage): void {
    if (message.type === 'telling') this.receiveTelling(message.position, message.told);
    else if (message.type === 'commit') this.order.heard(message.commit);
    else if (message.type === 'push' && this.authority.isCurrent()) {
      const { userIds: to, frame } = message;
      this.atEnd(() => this.sendHere({ to, frame }));
    }
  }

  private receiveTelling(position: PushPosition, told: readonly Told[]): void {
    if (this.order.knows(position)) return;
    const members = this.elsewhere?.members(position.conversationId);
    const { conversationId, version, seqBefore } = position;
    // Nor is it told to whom it concerns while this node cannot know whether it still does.
    const isKnown = (members || !told.some(({ to }) => isSight(to))) && this.authority.isCurrent();
    // Reading it from the database brings the members too.
    if (!isKnown)
      return this.heard([{ conversationId, version, base: { version: version - 1, seq: seqBefore } }]);
    for (const { to, frame } of told) {
      // Members as of the writing, when all that came before has been told.
      const write = () => this.sendHere({ to: isSight(to) ? (members?.seen(to, version) ?? []) : to, frame });
      this.at({ position, push: position, write });
    }
  }

  private at(step: Step): void {
    const { conversationId } = step.position;
    const steps = this.positioned.get(conversationId);
    if (steps) insert(steps, step);
    else this.positioned.set(conversationId, [step]);
    this.schedule();
  }

  private atEnd(write: () => void): void {
    this.unpositioned.push(write);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.begun = performance.now();
    setImmediate(() => this.flush());
  }

  private flush(): void {
    const { positioned, outgoing, unpositioned } = this;
    this.positioned = new Map();
    this.outgoing = [];
    this.unpositioned = [];
    this.scheduled = false;
    for (const [conversationId, steps] of positioned) this.order.take(conversationId, steps);
    if (outgoing.length > 0) {
      outgoing.sort((a, b) => byPosition(a.position, b.position));
      this.publisher.publishInOrder(outgoing);
    }
    for (const write of unpositioned) write();
    this.flushed((performance.now() - this.begun) / 1_000);
  }
}

/** A push at its place. */
class PushStep implements Step {
  constructor(
    private readonly delivery: DeliveryService,
    private readonly told: Push,
    readonly push: PushPosition,
  ) {}

  get position(): Position {
    return this.push;
  }

  write(): void {
    this.delivery.sendHere(this.told);
  }
}

function isSight(to: readonly string[] | Sight): to is Sight {
  return !Array.isArray(to);
}

/** Behind those of its version; almost always it is the latest. */
function insert(steps: Step[], step: Step): void {
  let at = steps.length;
  while (at > 0 && (steps[at - 1]?.position.version ?? 0) > step.position.version) at--;
  if (at === steps.length) steps.push(step);
  else steps.splice(at, 0, step);
}

function byPosition(a: Position | undefined, b: Position | undefined): number {
  if (!a || !b) return 0;
  if (a.conversationId === b.conversationId) return a.version - b.version;
  return a.conversationId < b.conversationId ? -1 : 1;
}
