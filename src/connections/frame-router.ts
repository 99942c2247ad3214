import type { MessageMappingProperties } from '@nestjs/websockets';
import type { Authority } from '../common/authority';
import { DomainError } from '../common/domain-error';
import { rulesOf } from '../common/policy';
import type { DirectHandlers } from './direct-handlers';
import type { Counts } from '../metrics/counts';
import { type DeliveryService } from './delivery.service';
import { InOrder } from './in-order';
import type { InboundFrame } from './inbound-frame';
import type { Position, Step } from './push-order';

/** The handlers of all gateways by event; each frame goes to one of them, directly. */
export class FrameRouter {
  /** Frames that are being handled. */
  inFlight = 0;
  private readonly handlers = new Map<string, MessageMappingProperties['callback']>();
  /** What concerns nobody but the one who asks, whom nobody then has to judge. */
  private readonly unjudged = new Set<string>();

  constructor(
    private readonly delivery: DeliveryService,
    private readonly direct: Pick<DirectHandlers, 'call'>,
    private readonly received: Counts,
    private readonly authority: Authority,
  ) {}

  add(handlers: readonly MessageMappingProperties[]): void {
    for (const { message, callback } of handlers) {
      const event = String(message);
      if (this.handlers.has(event)) throw new Error(`Two gateways handle the event ${event}`);
      this.handlers.set(event, callback);
      if (rulesOf(event).every(({ who }) => who === 'connection')) this.unjudged.add(event);
    }
  }

  /** Ends when the frame is answered; never rejects. */
  async route(frame: InboundFrame): Promise<void> {
    const handler = this.handlers.get(frame.event);
    // Only what has a handler by its name: clients may send anything.
    this.received.add(handler ? frame.event : 'unknown');
    if (!handler) {
      frame.fail(
        new DomainError('event_unknown', `This server knows no event "${frame.event.slice(0, 64)}".`),
      );
      return;
    }
    this.inFlight++;
    try {
      if (!this.unjudged.has(frame.event)) this.authority.require(frame.connection);
      const direct = this.direct.call(frame.event, frame.connection, frame.data);
      // Nest has already told the error filter when the handler failed; the result is then undefined.
      const result: unknown = await (direct ? direct.result : handler(frame.data, frame));
      if (result instanceof InOrder) await this.succeedInOrder(frame, result);
      else frame.succeed(result);
    } catch (error) {
      frame.fail(error);
    } finally {
      this.inFlight--;
    }
  }

  /** Ends when the answer is written, so that answers keep the order of their frames. */
  private succeedInOrder(frame: InboundFrame, { position, data }: InOrder<unknown>): Promise<void> {
    return new Promise((resolve) => this.delivery.inOrder(new Answer(position, frame, data, resolve)));
  }
}

/** An answer that waits for its place. */
class Answer implements Step {
  constructor(
    readonly position: Position,
    private readonly frame: InboundFrame,
    private readonly data: unknown,
    private readonly given: () => void,
  ) {}

  write(): void {
    this.frame.succeed(this.data);
    this.given();
  }

  fail(): void {
    this.frame.fail(new DomainError('unavailable'));
    this.given();
  }
}
