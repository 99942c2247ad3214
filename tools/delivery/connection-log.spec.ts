import type { ServerFrame } from '@parley/client';
import type { Message } from '@parley/protocol';
import { ConnectionLog } from './connection-log';
import { Sightings } from './sightings';
import { countsOf, findings, messageOf } from './test-support';

function log(...frames: ServerFrame[]) {
  const found = findings();
  const sightings = new Sightings();
  const connection = new ConnectionLog({ device: 'phone', userId: 'ann' }, found, sightings);
  for (const frame of frames) connection.frame(frame);
  return { counts: countsOf(found), sighted: sightings.of('ann', 'c').length };
}

const created = (message: Message): ServerFrame => ({ event: 'message.created', data: { message } });
const updated = (message: Message): ServerFrame => ({ event: 'message.updated', data: { message } });
const reply = (ref: number, data: unknown = {}): ServerFrame => ({ event: 'reply', ref, ok: true, data });
const sent = (ref: number, message: Message, duplicate = false) => reply(ref, { message, duplicate });

it('finds nothing wrong with what comes in order, once', () => {
  const changed = messageOf(1, { version: 3 });
  const removed: ServerFrame = { event: 'conversation.removed', data: { conversationId: 'c', version: 5 } };
  const frames = [
    created(messageOf(1)),
    sent(1, messageOf(2)),
    updated(changed),
    created(messageOf(4)),
    removed,
  ];
  expect(log(...frames)).toEqual({ counts: {}, sighted: 4 });
});

it('lets one that was changed before it was told carry its later version', () => {
  expect(log(created(messageOf(1, { version: 9 })), created(messageOf(2))).counts).toEqual({});
});

it('lets a repeated send be answered after its push', () => {
  expect(log(created(messageOf(1)), sent(1, messageOf(1), true)).counts).toEqual({});
});

it.each<[string, ServerFrame[], object]>([
  ['a push twice', [created(messageOf(1)), created(messageOf(1))], { duplicated: 1 }],
  ['the push of what was answered', [sent(1, messageOf(1)), created(messageOf(1))], { duplicated: 1 }],
  ['a later message first', [created(messageOf(2)), created(messageOf(1))], { reordered: 1 }],
  ['an answer behind its place', [created(messageOf(2)), sent(1, messageOf(1))], { reordered: 1 }],
  [
    'a later change first',
    [updated(messageOf(1, { version: 5 })), updated(messageOf(2, { version: 4 }))],
    { reordered: 1 },
  ],
  [
    'a message after a later change',
    [updated(messageOf(1, { version: 5 })), created(messageOf(2))],
    { reordered: 1 },
  ],
  ['an answer twice', [reply(1), reply(1)], { unexplained: 1 }],
  ['answers out of order', [reply(2), reply(1)], { reordered: 2 }],
  [
    'an error that belongs to nothing',
    [{ event: 'error', data: { error: { code: 'internal', message: '', retryable: true } } }],
    { unexplained: 1 },
  ],
])('finds %s', (_, frames, expected) => {
  expect(log(...frames).counts).toEqual(expected);
});
