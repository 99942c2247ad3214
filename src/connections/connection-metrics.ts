import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics';
import { NodeBus } from './bus/node-bus';
import { DeliveryService } from './delivery.service';
import { SocketHost } from './socket-host';

const SECONDS = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

/** Sockets, what goes over them, and what nodes tell one another. */
@Injectable()
export class ConnectionMetrics {
  constructor(metrics: Metrics, host: SocketHost, delivery: DeliveryService, bus: NodeBus) {
    ofSockets(metrics, host);
    ofDelivery(metrics, delivery);
    ofBus(metrics, bus);
  }
}

function ofSockets(metrics: Metrics, host: SocketHost): void {
  const { traffic } = host;
  metrics.gauge(
    { name: 'parley_connections', help: 'Authenticated connections, by encoding', label: 'encoding' },
    () => traffic.connections,
  );
  metrics.counter(
    { name: 'parley_connections_closed_total', help: 'Sockets that ended, by close code', label: 'code' },
    () => traffic.closed,
  );
  metrics.counter(
    { name: 'parley_frames_received_total', help: 'Frames of clients, by event', label: 'event' },
    () => traffic.received,
  );
  metrics.counter(
    { name: 'parley_frames_sent_total', help: 'Frames to clients, by event', label: 'event' },
    () => traffic.sent,
  );
  metrics.gauge(
    { name: 'parley_out_queue_bytes', help: 'Bytes that wait to be written, over all sockets' },
    () => host.queuedBytes(),
  );
}

function ofDelivery(metrics: Metrics, delivery: DeliveryService): void {
  const latency = metrics.histogram(
    {
      name: 'parley_delivery_duration_seconds',
      help: 'From a commit to the writing of its frames, per turn',
    },
    SECONDS,
  );
  delivery.onFlushed((seconds) => latency.observe(seconds));
  metrics.counter(
    { name: 'parley_gaps_filled_total', help: 'Gaps of conversations that were read from the database' },
    () => delivery.gapsFilled,
  );
}

function ofBus(metrics: Metrics, bus: NodeBus): void {
  const { stats } = bus;
  metrics.gauge(
    { name: 'parley_bus_up', help: 'Whether news of other nodes arrive; always without Redis' },
    () => Number(bus.isUp),
  );
  metrics.gauge(
    { name: 'parley_bus_peers', help: 'Other nodes that a process knows', greatest: true },
    () => bus.peers,
  );
  metrics.counter(
    { name: 'parley_bus_published_total', help: 'Messages to other nodes, one for each that was told' },
    () => stats.published,
  );
  metrics.counter(
    { name: 'parley_bus_received_total', help: 'Messages of other nodes' },
    () => stats.received,
  );
  metrics.counter(
    {
      name: 'parley_bus_dropped_total',
      help: 'Messages to other nodes that were not sent, or not understood',
    },
    () => stats.dropped,
  );
  metrics.gauge(
    {
      name: 'parley_bus_lag_seconds',
      help: 'Time until the last publish looked at was answered',
      greatest: true,
    },
    () => stats.lagSeconds,
  );
}
