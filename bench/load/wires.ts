import type { Client } from './client';
import { ID, NUMBER } from './stamp';

/** The text of 64 bytes in every message, as long as most that people write. */
const TEXT = `${NUMBER} ${'x'.repeat(54)}`;

/** How to recognise a frame of the server, and what its number stands behind. */
interface Mark {
  begin: string;
  number: string;
}

/** The language of a server, as far as the bench speaks it. */
export interface Wire {
  path(client: Client): string;
  headers?(client: Client): string[];
  /** What to answer to a frame while connecting; true when the client may write, null when that does not matter. */
  opening(frame: string): string | true | null;
  /** Whether the server says something first. */
  greets: boolean;
  message(client: Client): string;
  push: Mark;
  answer: Mark;
  /** What an answer holds that is good; all are when missing. */
  good?: string;
  /** Whether pushes carry the number that the message has in its room. */
  numbers?: boolean;
  /** A text that is a ping, and its answer. */
  ping?: [question: string, answer: string];
  typing?(client: Client, on: boolean): string;
  receipt?(client: Client, event: string, seq: number): string;
}

const parley: Wire = {
  path: () => '/ws',
  headers: ({ token = '' }) => [`Authorization: Bearer ${token}`, 'Sec-WebSocket-Protocol: parley.v1'],
  opening: (frame) => frame.startsWith('{"event":"ready"') || null,
  greets: true,
  message: ({ room }) =>
    `{"event":"message.send","ref":${NUMBER},"data":{"conversationId":"${room}","id":"${ID}","text":"${TEXT}"}}`,
  push: { begin: '{"event":"message.created"', number: '"text":"' },
  answer: { begin: '{"event":"reply"', number: '"ref":' },
  good: '"ok":true',
  numbers: true,
  typing: ({ room }, on) => `{"event":"typing.set","data":{"conversationId":"${room}","on":${on}}}`,
  receipt: ({ room }, event, seq) =>
    `{"event":"receipt.${event}","data":{"conversationId":"${room}","seq":${seq}}}`,
};

/** Who comes back: in order to write one must have synced. */
const parleySync: Wire = {
  ...parley,
  opening: (frame) => {
    if (frame.startsWith('{"event":"ready"')) return '{"event":"sync","ref":1,"data":{}}';
    if (!frame.startsWith('{"event":"reply"')) return null;
    if (!frame.includes('"ok":true')) throw new Error(frame.slice(0, 200));
    return true;
  },
};

const relay: Wire = {
  path: ({ id, room }) => `/?id=${id}&room=${room}`,
  opening: () => null,
  greets: false,
  message: ({ room }) => `{"ref":${NUMBER},"room":"${room}","id":"${ID}","text":"${TEXT}"}`,
  push: { begin: '{"from":', number: '"text":"' },
  answer: { begin: '{"ref":', number: '"ref":' },
};

/** Engine.IO 4 over WebSocket alone, and the default namespace of Socket.IO. */
const socketIo: Wire = {
  path: ({ id, room }) => `/socket.io/?EIO=4&transport=websocket&id=${id}&room=${room}`,
  opening: (frame) => (frame.startsWith('0') ? '40' : frame.startsWith('40') || null),
  greets: true,
  message: ({ room }) => `42${NUMBER}["send",{"room":"${room}","id":"${ID}","text":"${TEXT}"}]`,
  push: { begin: '42["message"', number: '"text":"' },
  answer: { begin: '43', number: '43' },
  ping: ['2', '3'],
};

const nest: Wire = {
  path: ({ id, room }) => `/?id=${id}&room=${room}`,
  opening: () => null,
  greets: false,
  message: ({ room }) =>
    `{"event":"send","data":{"ref":${NUMBER},"room":"${room}","id":"${ID}","text":"${TEXT}"}}`,
  push: { begin: '{"event":"message"', number: '"text":"' },
  answer: { begin: '{"event":"sent"', number: '"ref":' },
};

export const WIRES = { parley, parleySync, relay, socketIo, nest };

export type WireName = keyof typeof WIRES;
