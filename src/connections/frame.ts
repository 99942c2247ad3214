import type { Encoding, ErrorBody, Ref, ServerEvent, ServerEvents } from '@parley/protocol';
import { encode } from './codec';
import { WsFrame } from './ws-frame';

/** What a server frame is: a push to anybody, or the answer to one client frame. */
type Envelope =
  | { event: ServerEvent; data: unknown }
  | { event: 'reply'; ref: Ref; ok: true; data: unknown }
  | { event: 'reply'; ref: Ref; ok: false; error: ErrorBody };

/** A frame for any number of connections, encoded once per encoding however many get it. */
export class Frame {
  private json: WsFrame | undefined;
  private msgpack: WsFrame | undefined;
  private name: string | undefined;

  private constructor(
    private envelope: Envelope | undefined,
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

  /** One that another node has encoded as JSON. */
  static encoded(json: Buffer, ephemeral: boolean): Frame {
    const frame = new Frame(undefined, ephemeral);
    frame.json = WsFrame.ofBytes('json', json);
    return frame;
  }

  /** What it is: a push's event, or `reply`. */
  get event(): string {
    return (this.name ??= this.envelope?.event ?? eventOf(this.json?.payload));
  }

  /** The payload. */
  bytes(encoding: Encoding): Buffer {
    return this.wsFrame(encoding).payload;
  }

  /** The payload with the header of its WebSocket frame. */
  wsFrame(encoding: Encoding): WsFrame {
    if (encoding === 'json') return (this.json ??= WsFrame.ofText(JSON.stringify(this.envelope)));
    // Read again only where somebody here speaks the other encoding.
    this.envelope ??= JSON.parse((this.json?.payload ?? '').toString()) as Envelope;
    return (this.msgpack ??= WsFrame.ofBytes('msgpack', encode('msgpack', this.envelope)));
  }
}

const EVENT_AT = '{"event":"'.length;
const QUOTE = 0x22;

/** The event stands first in what `encode` makes of an envelope. */
function eventOf(json: Buffer | undefined): string {
  return json?.toString('latin1', EVENT_AT, json.indexOf(QUOTE, EVENT_AT)) ?? '';
}
