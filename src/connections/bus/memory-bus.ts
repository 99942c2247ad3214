import type { BusMessage } from './bus-message';
import { NodeBus } from './node-bus';

/** Where the nodes of one process meet. */
export class MemoryBusHub {
  readonly nodes = new Set<MemoryBus>();
}

/** The bus of nodes within one process; a server without Redis is the only one on its hub. */
export class MemoryBus extends NodeBus {
  readonly patienceMs = 0;
  readonly isUp = true;
  readonly losses = 0;
  private readonly listeners: ((message: BusMessage) => void)[] = [];
  private readonly joinedListeners: ((channels: readonly string[]) => void)[] = [];
  private readonly channels = new Set<string>();

  constructor(private readonly hub: MemoryBusHub) {
    super();
    hub.nodes.add(this);
  }

  get isShared(): boolean {
    return this.hub.nodes.size > 1;
  }

  get peers(): number {
    return this.hub.nodes.size - 1;
  }

  publish(channels: Iterable<string>, message: BusMessage): void {
    const all = [...channels];
    for (const node of this.hub.nodes) {
      if (node === this || !all.some((channel) => node.channels.has(channel))) continue;
      this.stats.published++;
      node.receive(message);
    }
  }

  join(channel: string): void {
    this.channels.add(channel);
    for (const listener of this.joinedListeners) listener([channel]);
  }

  leave(channel: string): void {
    this.channels.delete(channel);
  }

  subscribe(listener: (message: BusMessage) => void): void {
    this.listeners.push(listener);
  }

  onJoined(listener: (channels: readonly string[]) => void): void {
    this.joinedListeners.push(listener);
  }

  /** Nothing is lost within a process. */
  onGap(): void {}

  close(): Promise<void> {
    this.hub.nodes.delete(this);
    return Promise.resolve();
  }

  private receive(message: BusMessage): void {
    this.stats.received++;
    for (const listener of this.listeners) listener(message);
  }
}
