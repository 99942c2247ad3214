import type { BusMessage } from './bus-message';
import { NodeBus } from './node-bus';

/** Where the nodes of one process meet. */
export class MemoryBusHub {
  readonly nodes = new Set<MemoryBus>();
}

/** The bus of nodes within one process; a server without Redis is the only one on its hub. */
export class MemoryBus extends NodeBus {
  private readonly listeners: ((message: BusMessage) => void)[] = [];

  constructor(private readonly hub: MemoryBusHub) {
    super();
    hub.nodes.add(this);
  }

  publish(message: BusMessage): void {
    for (const node of this.hub.nodes) if (node !== this) node.receive(message);
  }

  subscribe(listener: (message: BusMessage) => void): void {
    this.listeners.push(listener);
  }

  close(): Promise<void> {
    this.hub.nodes.delete(this);
    return Promise.resolve();
  }

  private receive(message: BusMessage): void {
    for (const listener of this.listeners) listener(message);
  }
}
