import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CLOSE, SESSION_ENDING_SECONDS } from '@parley/protocol';
import { Clock } from '../common/clock';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { Frame } from './frame';
import { SecondWheel } from './second-wheel';
import type { WsConnection } from './ws-connection';

const TURN_MS = 1_000;
const PINGS_MISSED_UNTIL_DEAD = 2;

/** Pings every connection in turn, cuts off the dead and those who take nothing, and whose token ends. */
@Injectable()
export class Heartbeat implements OnModuleInit, OnModuleDestroy {
  private readonly pings: SecondWheel<WsConnection>;
  private readonly expiries: SecondWheel<WsConnection>;
  /** Connections for which something waits. */
  private readonly queues: SecondWheel<WsConnection>;
  private readonly intervalMs: number;
  private readonly outQueueMs: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(ENV) env: Env,
    private readonly clock: Clock,
  ) {
    this.intervalMs = env.heartbeatSeconds * 1_000;
    this.outQueueMs = env.outQueueSeconds * 1_000;
    this.pings = new SecondWheel(clock.now());
    this.expiries = new SecondWheel(clock.now());
    this.queues = new SecondWheel(clock.now());
  }

  onModuleInit(): void {
    // After what has come in is read: a process that stood still must not take the living for dead.
    this.timer = setInterval(() => setImmediate(() => this.turn()), TURN_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Starts to look after a connection, or takes note of its new token. */
  watch(connection: WsConnection): void {
    this.pings.set(connection, this.clock.now() + this.intervalMs);
    this.expiries.set(connection, warnAt(connection));
  }

  /** Looks after a connection whose socket does not take at once what it is sent. */
  watchQueue(connection: WsConnection): void {
    this.queues.set(connection, this.clock.now() + this.outQueueMs);
  }

  forget(connection: WsConnection): void {
    this.pings.delete(connection);
    this.expiries.delete(connection);
    this.queues.delete(connection);
  }

  /** One turn of the wheel; each connection has its moment once per interval. */
  turn(): void {
    const now = this.clock.now();
    for (const connection of this.pings.turn(now)) {
      if (connection.pingsMissed >= PINGS_MISSED_UNTIL_DEAD) {
        connection.terminate(CLOSE.heartbeat);
        continue;
      }
      connection.ping();
      // Counted from when it was due: the second of the wheel would otherwise be added each time.
      this.pings.set(connection, now + this.intervalMs - TURN_MS);
    }
    for (const connection of this.queues.turn(now)) {
      const queue = connection.lookAtQueue();
      if (queue === 'stuck') connection.close(CLOSE.slowConsumer);
      else if (queue === 'moving') this.watchQueue(connection);
    }
    for (const connection of this.expiries.turn(now)) this.tellOrClose(connection, now);
  }

  private tellOrClose(connection: WsConnection, now: number): void {
    if (now >= connection.expiresAt) {
      connection.close(CLOSE.tokenInvalid);
      return;
    }
    const expiresIn = Math.ceil((connection.expiresAt - now) / 1_000);
    connection.send(Frame.push('session.ending', { expiresIn }));
    this.expiries.set(connection, connection.expiresAt);
  }
}

function warnAt(connection: WsConnection): number {
  return connection.expiresAt - SESSION_ENDING_SECONDS * 1_000;
}
