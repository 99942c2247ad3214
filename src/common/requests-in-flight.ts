import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** As long as frames in flight get; a database that does not answer must not keep the server from ending. */
const DRAIN_MS = 5_000;

/**
 * REST requests that are not answered yet.
 *
 * The server cuts its connections when it closes, because idle ones would hold it up for minutes; a
 * request that is being handled is waited for first.
 */
@Injectable()
export class RequestsInFlight implements BeforeApplicationShutdown {
  private count = 0;
  private drained: (() => void) | undefined;

  /** Counts a request until it is answered, or its client has gone. */
  track(_request: Request, response: Response, next: NextFunction): void {
    this.count++;
    response.once('close', () => {
      this.count--;
      if (this.count === 0) this.drained?.();
    });
    next();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, DRAIN_MS);
      this.drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
