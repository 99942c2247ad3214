import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Draining } from './draining';

/**
 * REST requests that are not answered yet.
 *
 * The server cuts its connections when it closes, because idle ones would hold it up for minutes; a
 * request that is being handled is waited for first.
 */
@Injectable()
export class RequestsInFlight {
  private count = 0;
  private drained: (() => void) | undefined;

  constructor(private readonly draining: Draining) {
    draining.addStep((deadline) => this.wait(deadline));
  }

  /** Counts a request until it is answered, or its client has gone. */
  track(_request: Request, response: Response, next: NextFunction): void {
    this.count++;
    response.once('close', () => {
      this.count--;
      if (this.count === 0) this.drained?.();
    });
    // The next request of this client should come to another server.
    if (this.draining.isAnnounced) response.setHeader('Connection', 'close');
    next();
  }

  private async wait(deadline: AbortSignal): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      this.drained = resolve;
      deadline.addEventListener('abort', () => resolve());
    });
  }
}
