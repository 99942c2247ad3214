import type { Encoding, ErrorBody, Ref, ServerEvent, ServerEvents } from '@parley/protocol';
import { encode } from './codec';

/** What a server frame is: a push to anybody, or the answer to one client frame. */
type Envelope =
  | { event: ServerEvent; data: unknown }
  | { event: 'reply'; ref: Ref; ok: true; data: unknown }
  | { event: 'reply'; ref: Ref; ok: false; error: ErrorBody };

/** A frame for any number of connections, encoded once per encoding however many get it. */
export class Frame {
  private json: Buffer | undefined;
  private msgpack: Buffer | undefined;

  private constructor(
    private readonly envelope: Envelope,
    /** May be dropped when a client is slow: typing, presence. */
    readonly ephemeral: boolean,
  ) {}

  static push<E extends ServerEvent>(event: E, data: ServerEvents[E]): Frame {
    return new Frame({ event, data }, event === 'typing.changed' || event === 'presence.changed');
  }

  static reply(ref: Ref, data: unknown): Frame {
    return new Frame({ event: 'reply', ref, ok: true, data }, false);
  }

  static failure(ref: Ref, error: ErrorBody): Frame {
    return new Frame({ event: 'reply', ref, ok: false, error }, false);
  }

  bytes(encoding: Encoding): Buffer {
    if (encoding === 'json') return (this.json ??= encode('json', this.envelope));
    return (this.msgpack ??= encode('msgpack', this.envelope));
  }
}
