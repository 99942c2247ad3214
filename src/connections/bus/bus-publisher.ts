import type { Push } from '../push';
import type { PushPosition } from '../push-order';
import type { Recipients } from '../recipients';
import type { BusMessage, Told } from './bus-message';
import { NODES_CHANNEL, groupChannel, type NodeBus, userChannel } from './node-bus';

/** Tells the other nodes of what was pushed here: each version of a conversation as one message. */
export class BusPublisher {
  constructor(
    private readonly bus: NodeBus,
    /** Members up to which a conversation is told on the channels of each. */
    private readonly smallGroup: number,
  ) {}

  /** Pushes of conversations, those of one version next to one another. */
  publishInOrder(pushes: readonly Push[]): void {
    for (let start = 0; start < pushes.length;) {
      let end = start + 1;
      while (isSame(pushes[start]?.position, pushes[end]?.position)) end++;
      this.publishVersion(pushes.slice(start, end));
      start = end;
    }
  }

  /** A push that has no place in a conversation. */
  publish({ to, frame }: Push): void {
    const userIds = [...to];
    this.bus.publish(userIds.map(userChannel), { type: 'push', userIds, frame });
  }

  private publishVersion(pushes: readonly Push[]): void {
    const position = pushes[0]?.position;
    if (!position) return;
    const channels = new Set<string>();
    const told: Told[] = [];
    for (const { to, frame } of pushes) {
      if (this.isLarge(to)) channels.add(groupChannel(position.conversationId));
      else for (const id of to) channels.add(userChannel(id));
      // Who has gone or come by then the receiver may know better.
      told.push({ to: to.sight ?? [...to], frame });
    }
    const isRead = pushes.some(({ changesMembers }) => changesMembers);
    // Who was removed may come by REST to a node to which no member is connected.
    if (isRead) channels.add(NODES_CHANNEL);
    this.bus.publish(channels, isRead ? commitOf(position) : { type: 'telling', position, told });
  }

  private isLarge(to: Recipients): boolean {
    return to.sight !== undefined && (to.size ?? 0) > this.smallGroup;
  }
}

function commitOf({ conversationId, version, seqBefore }: PushPosition): BusMessage {
  return {
    type: 'commit',
    commit: { conversationId, base: { version: version - 1, seq: seqBefore }, version, changesMembers: true },
  };
}

function isSame(a: PushPosition | undefined, b: PushPosition | undefined): boolean {
  return b !== undefined && a?.conversationId === b.conversationId && a.version === b.version;
}
