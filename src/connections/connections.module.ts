import { Module } from '@nestjs/common';
import { MemoryBus, MemoryBusHub } from './bus/memory-bus';
import { NodeBus } from './bus/node-bus';
import { ConnectionRegistry } from './connection-registry';
import { DeliveryService } from './delivery.service';
import { Heartbeat } from './heartbeat';
import { SocketHost } from './socket-host';

@Module({
  providers: [
    ConnectionRegistry,
    DeliveryService,
    Heartbeat,
    SocketHost,
    { provide: NodeBus, useFactory: () => new MemoryBus(new MemoryBusHub()) },
  ],
  exports: [ConnectionRegistry, DeliveryService, SocketHost],
})
export class ConnectionsModule {}
