import { isUtf8 } from 'node:buffer';
import { decode as fromMsgpack, Encoder } from '@msgpack/msgpack';
import type { ClientFrame, Encoding, ErrorCode, Ref } from '@parley/protocol';
import { DomainError } from '../common/domain-error';

const msgpack = new Encoder({ ignoreUndefined: true });
const MAX_REF_LENGTH = 64;
const REFUSED_KEY = '__proto__';
const STAND_IN = '\0'.repeat(REFUSED_KEY.length);

/** A value as the payload of one WebSocket frame. */
export function encode(encoding: Encoding, value: unknown): Buffer {
  return encoding === 'json' ? Buffer.from(JSON.stringify(value)) : Buffer.from(msgpack.encode(value));
}

/** A client's frame, or `frame_invalid` with the ref when at least that could be read. */
export function decodeFrame(encoding: Encoding, payload: Buffer, isBinary: boolean): ClientFrame {
  if (isBinary !== (encoding === 'msgpack')) {
    throw new FrameError(
      encoding === 'json'
        ? 'This connection speaks JSON in text frames, and this frame is binary.'
        : 'This connection speaks MessagePack in binary frames, and this frame is text.',
    );
  }
  let value: unknown;
  try {
    value = encoding === 'json' ? JSON.parse(textOf(payload)) : fromMsgpack(payload);
  } catch {
    if (encoding === 'json') throw new FrameError('The frame is not JSON.');
    throw new FrameError('The frame is not MessagePack, or has a key __proto__.', refBeside(payload));
  }
  return toClientFrame(value);
}

/** The ref of a frame with a key that the decoder refuses, read with another one of the same length there. */
function refBeside(payload: Buffer): Ref | undefined {
  if (!payload.includes(REFUSED_KEY)) return undefined;
  try {
    const renamed = payload.toString('latin1').replaceAll(REFUSED_KEY, STAND_IN);
    const value = fromMsgpack(Buffer.from(renamed, 'latin1'));
    if (!isPlainObject(value) || !isRef(value.ref) || String(value.ref).includes(STAND_IN)) return undefined;
    return value.ref;
  } catch {
    return undefined;
  }
}

function textOf(payload: Buffer): string {
  if (!isUtf8(payload)) throw new TypeError('not UTF-8');
  return payload.toString();
}

function toClientFrame(value: unknown): ClientFrame {
  if (!isPlainObject(value)) throw new FrameError('The frame is not an object.');
  const { event, ref } = value;
  if (ref !== undefined && !isRef(ref)) {
    throw new FrameError(
      `The ref must be a finite number or a string of at most ${MAX_REF_LENGTH} characters.`,
    );
  }
  if (typeof event !== 'string') throw new FrameError('The frame has no event.', ref);
  const frame: ClientFrame = { event, data: value.data };
  if (ref !== undefined) frame.ref = ref;
  return frame;
}

/** A frame that is no envelope. */
export class FrameError extends DomainError {
  constructor(
    message: string,
    readonly ref?: Ref,
  ) {
    super('frame_invalid' satisfies ErrorCode, message);
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function isRef(ref: unknown): ref is Ref {
  return (
    (typeof ref === 'number' && Number.isFinite(ref)) ||
    (typeof ref === 'string' && ref.length <= MAX_REF_LENGTH)
  );
}
