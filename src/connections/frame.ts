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
    if (encoding === 'json') return (this.json ??= WsFrame.ofText(textOf(this.envelope)));
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

/** Of a message the push and the answer are encoded one after the other, so one of them is spared. */
let latest: { message: unknown; json: string } = { message: null, json: 'null' };

function textOf(envelope: Envelope | undefined): string {
  if (!envelope || !('data' in envelope) || !isTold(envelope.data)) return JSON.stringify(envelope);
  const { data } = envelope;
  if (latest.message !== data.message) {
    latest = { message: data.message, json: JSON.stringify(data.message) };
  }
  let json = '';
  for (const key of Object.keys(data)) {
    const value = key === 'message' ? latest.json : JSON.stringify(data[key]);
    if (value !== undefined) json += `${json && ','}"${key}":${value}`;
  }
  const ref = envelope.event === 'reply' ? `,"ref":${JSON.stringify(envelope.ref)},"ok":true` : '';
  return `{"event":"${envelope.event}"${ref},"data":{${json}}}`;
}

function isTold(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && 'message' in data && typeof data.message === 'object';
}
