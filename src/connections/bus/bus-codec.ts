import { Frame } from '../frame';
import type { PushPosition } from '../push-order';
import type { Sight } from '../recipients';
import type { Beat, BusMessage, PresenceNews, Told } from './bus-message';

/**
 * How a message travels in a payload: the length of the head, the head as JSON, and then the frames as they
 * go to sockets. A receiver reads the head and writes the frames as they are.
 */
const HEAD_AT = 4;

/** A frame in the head: its length, whether it may be dropped, who gets it. */
type Part = [bytes: number, ephemeral: 0 | 1, to?: readonly string[] | Sight];

type Head =
  | { t: 'telling'; c: string; v: number; s: number; b: number; p: Part[] }
  | { t: 'commit'; c: string; v: number; bv: number; bs: number; m: boolean }
  | { t: 'push'; u: readonly string[]; p: [Part] }
  | { t: 'recount'; u: readonly string[]; c: string }
  | { t: 'presence'; a: readonly PresenceNews[] }
  | { t: 'beat'; a: Beat }
  | { t: 'revoked'; s: readonly string[] }
  | { t: 'contacts'; u: string; c: readonly string[] };

export function encodeBusMessage(message: BusMessage): Buffer {
  const frames = framesOf(message).map((frame) => frame.bytes('json'));
  const head = Buffer.from(JSON.stringify(headOf(message)));
  const start = Buffer.allocUnsafe(HEAD_AT);
  start.writeUInt32LE(head.length);
  return Buffer.concat([start, head, ...frames]);
}

/** Null: of a kind that this version does not know; what it told of comes by the commit feed. */
export function decodeBusMessage(bytes: Buffer): BusMessage | null {
  const framesAt = HEAD_AT + bytes.readUInt32LE();
  const head = JSON.parse(bytes.toString('utf8', HEAD_AT, framesAt)) as Head;
  let at = framesAt;
  const take = ([length, ephemeral]: Part): Frame => {
    const frame = Frame.encoded(bytes.subarray(at, at + length), ephemeral === 1);
    at += length;
    return frame;
  };
  switch (head.t) {
    case 'telling': {
      const position: PushPosition = {
        conversationId: head.c,
        version: head.v,
        seq: head.s,
        seqBefore: head.b,
      };
      const told = head.p.map((part): Told => ({ to: part[2] ?? [], frame: take(part) }));
      return { type: 'telling', position, told };
    }
    case 'commit': {
      const base = { version: head.bv, seq: head.bs };
      const commit = { conversationId: head.c, base, version: head.v, changesMembers: head.m };
      return { type: 'commit', commit };
    }
    case 'push':
      return { type: 'push', userIds: head.u, frame: take(head.p[0]) };
    case 'recount':
      return { type: 'recount', userIds: head.u, conversationId: head.c };
    case 'presence':
      return { type: 'presence', changes: head.a };
    case 'beat':
      return { type: 'beat', beat: head.a };
    case 'revoked':
      return { type: 'revoked', sessionIds: head.s };
    case 'contacts':
      return { type: 'contacts', userId: head.u, contactIds: head.c };
    default:
      return null;
  }
}

function framesOf(message: BusMessage): Frame[] {
  if (message.type === 'telling') return message.told.map(({ frame }) => frame);
  return message.type === 'push' ? [message.frame] : [];
}

function headOf(message: BusMessage): Head {
  switch (message.type) {
    case 'telling': {
      const { conversationId: c, version: v, seq: s, seqBefore: b } = message.position;
      return { t: 'telling', c, v, s, b, p: message.told.map(({ frame, to }) => partOf(frame, to)) };
    }
    case 'commit': {
      const { conversationId: c, version: v, base, changesMembers: m = false } = message.commit;
      return { t: 'commit', c, v, bv: base.version, bs: base.seq, m };
    }
    case 'push':
      return { t: 'push', u: message.userIds, p: [partOf(message.frame)] };
    case 'recount':
      return { t: 'recount', u: message.userIds, c: message.conversationId };
    case 'presence':
      return { t: 'presence', a: message.changes };
    case 'beat':
      return { t: 'beat', a: message.beat };
    case 'revoked':
      return { t: 'revoked', s: message.sessionIds };
    case 'contacts':
      return { t: 'contacts', u: message.userId, c: message.contactIds };
  }
}

function partOf(frame: Frame, to?: readonly string[] | Sight): Part {
  return [frame.bytes('json').length, frame.ephemeral ? 1 : 0, to];
}
