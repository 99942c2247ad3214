import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { newId } from '../common/ids';
import { type Redis, REDIS } from '../redis/redis';
import { MemoryBus, MemoryBusHub } from './bus/memory-bus';
import { NodeBus } from './bus/node-bus';
import { RedisBus } from './bus/redis-bus';
import { ConnectionMetrics } from './connection-metrics';
import { ConnectionRegistry } from './connection-registry';
import { DeliveryService } from './delivery.service';
import { Heartbeat } from './heartbeat';
import { SocketHost } from './socket-host';

/** Of all channels: a Redis may serve more than Parley. */
const BUS_PREFIX = 'parley:';

@Module({
  providers: [
    ConnectionMetrics,
    ConnectionRegistry,
    DeliveryService,
    Heartbeat,
    SocketHost,
    {
      provide: NodeBus,
      inject: [REDIS],
      useFactory: async (redis: Redis | null) => {
        if (!redis) return new MemoryBus(new MemoryBusHub());
        const bus = new RedisBus(redis, newId(), BUS_PREFIX);
        await bus.introduced();
        return bus;
      },
    },
  ],
  exports: [ConnectionRegistry, DeliveryService, NodeBus, SocketHost],
})
export class ConnectionsModule implements OnApplicationShutdown {
  constructor(private readonly bus: NodeBus) {}

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
  }
}
