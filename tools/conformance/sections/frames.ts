import { randomUUID } from 'node:crypto';
import { CLOSE, LIMITS } from '@parley/protocol';
import type { Section } from '../check';
import { must, same } from '../difference';
import { newMessage, say, type Scene } from '../scene';

export const frames: Section = {
  title: 'Frames',
  checks: [
    ['a ref is a number or a string, and comes back with the reply as it was', refs],
    ['a ref that is neither, or longer than 64 characters, is frame_invalid', badRefs],
    ['a frame without a ref is not answered when it succeeds, and by error when it fails', withoutRef],
    ['what is no envelope is frame_invalid, and data that is no object payload_invalid', noEnvelope],
    ['an unknown event is event_unknown', unknown],
    ['a property that is not documented is payload_invalid, and named', undocumented],
    ['__proto__, constructor and prototype are refused anywhere', prototypes],
    ['frames are handled one after the other, and answered in that order', order],
    ['ids in capitals are lowered', capitals],
    [`a frame of more than ${LIMITS.frameBytes} bytes is closed with 1009`, tooBig],
  ],
};

const ready = async (scene: Scene) => (await scene.people('ann')).ann.connect();

async function refs(scene: Scene): Promise<void> {
  const line = await ready(scene);
  for (const ref of [0.5, -7, 'x'.repeat(64), '']) {
    line.send({ event: 'ping', ref });
    same((await line.reply(ref)).ok, true, `ok of the reply to the ref ${JSON.stringify(ref)}`);
  }
}

async function badRefs(scene: Scene): Promise<void> {
  const line = await ready(scene);
  for (const ref of ['x'.repeat(65), {}, true, [1]]) {
    line.send({ event: 'ping', ref });
    same(
      (await line.next('error')).error.code,
      'frame_invalid',
      `the error of the ref ${JSON.stringify(ref)}`,
    );
  }
}

async function withoutRef(scene: Scene): Promise<void> {
  const line = await ready(scene);
  line.send({ event: 'ping' });
  line.send({ event: 'message.send', data: { text: 'x' } });
  const refused = await line.next('error');
  same(refused, { event: 'message.send', error: { code: 'payload_invalid', retryable: false } }, 'error');
  await line.request('ping');
  same(line.frames, [], 'what else came');
}

async function noEnvelope(scene: Scene): Promise<void> {
  const line = await ready(scene);
  for (const text of ['{', '[]', '7', 'null', '{"data":{}}', '{"event":7}']) {
    line.send(text);
    same((await line.next('error')).error.code, 'frame_invalid', `the error of ${text}`);
  }
  for (const data of ['x', 7, [], null]) await line.refusal('ping', data, 'payload_invalid');
}

async function unknown(scene: Scene): Promise<void> {
  const line = await ready(scene);
  for (const event of ['message.sent', 'reply', 'ready', 'toString', '__proto__'])
    await line.refusal(event, {}, 'event_unknown');
}

async function undocumented(scene: Scene): Promise<void> {
  const line = await ready(scene);
  const details = await line.refusal(
    'typing.set',
    { conversationId: randomUUID(), on: 'x', loud: true },
    'payload_invalid',
  );
  const fields = JSON.stringify(details.fields ?? {});
  must(
    /\bon\b/.test(fields) && /\bloud\b/.test(fields),
    `details.fields is ${fields}, and does not name both`,
  );
  await line.refusal('ping', { x: 1 }, 'payload_invalid');
}

async function prototypes(scene: Scene): Promise<void> {
  const line = await ready(scene);
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const metadata = `{"a":[{"${name}":1}]}`;
    line.send(
      `{"event":"message.send","ref":"${name}","data":{"text":"x","id":"${randomUUID()}","to":"${randomUUID()}","metadata":${metadata}}}`,
    );
    same((await line.reply(name)).ok, false, `ok of the reply to a frame with ${name}`);
  }
}

async function order(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const conversationId = await ann.direct(bob);
  const replies = [
    say(line, conversationId, 'first'),
    line.request('ping'),
    line.request('changes', { conversationId, afterVersion: 0, afterSeq: 0 }),
    say(line, conversationId, 'last'),
    line.request('ping'),
  ];
  // Each connection holds the order of its replies by itself.
  const [first, , changes, last] = (await Promise.all(replies)) as [
    { seq: number },
    unknown,
    { messages: unknown[] },
    { seq: number },
  ];
  same(
    [first.seq, changes.messages.length, last.seq],
    [1, 1, 2],
    'first seq, messages in between, and last seq',
  );
}

async function capitals(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const input = newMessage();
  const { message } = await line.request('message.send', {
    ...input,
    id: input.id.toUpperCase(),
    to: bob.id.toUpperCase(),
  });
  same(message.id, input.id, 'the id');
}

async function tooBig(scene: Scene): Promise<void> {
  const line = await ready(scene);
  line.send({ event: 'ping', data: { x: 'x'.repeat(LIMITS.frameBytes) } });
  same((await line.end()).code, CLOSE.tooBig.code, 'the close code');
}
