import type { Ref } from '@parley/protocol';
import { toDomainError } from '../common/to-domain-error';
import { FrameError } from './codec';
import type { Connection } from './connection';
import { Frame } from './frame';

/** A client's frame on its way through a handler: answered exactly once when it carries a ref. */
export class InboundFrame {
  private answered = false;

  constructor(
    readonly connection: Connection,
    readonly event: string,
    readonly data: Record<string, unknown>,
    private readonly ref: Ref | undefined,
  ) {}

  succeed(data: unknown): void {
    if (this.answered) return;
    this.answered = true;
    if (this.ref !== undefined) this.connection.send(Frame.reply(this.ref, data ?? {}));
  }

  /** Tells any error; one without a ref to answer goes out as an `error` event. */
  fail(thrown: unknown): void {
    if (this.answered) return;
    this.answered = true;
    sendFailure(this.connection, thrown, this.ref, this.event);
  }
}

/** Tells a client that a frame of its has failed. */
export function sendFailure(
  connection: Pick<Connection, 'send'>,
  thrown: unknown,
  ref: Ref | undefined = thrown instanceof FrameError ? thrown.ref : undefined,
  event?: string,
): void {
  const error = toDomainError(thrown).toBody();
  if (ref !== undefined) connection.send(Frame.failure(ref, error));
  else connection.send(Frame.push('error', event === undefined ? { error } : { error, event }));
}
