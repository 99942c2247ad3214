import type { Message } from '@parley/protocol';
import { Frame } from './frame';

const message = { id: 'm', text: 'à "quote"\n', metadata: { event: 'x' }, quote: null } as unknown as Message;

describe('Frame', () => {
  it.each<[string, Frame, object]>([
    [
      'a push of a message',
      Frame.push('message.created', { message }),
      { event: 'message.created', data: { message } },
    ],
    [
      'the answer to who sent it',
      Frame.reply('a"b', { message, duplicate: false, later: undefined }),
      { event: 'reply', ref: 'a"b', ok: true, data: { message, duplicate: false } },
    ],
    [
      'another message after it',
      Frame.push('message.updated', { message: { ...message, text: 'b' } }),
      { event: 'message.updated', data: { message: { ...message, text: 'b' } } },
    ],
    [
      'what has no message',
      Frame.reply(7, { message: null }),
      { event: 'reply', ref: 7, ok: true, data: { message: null } },
    ],
    ['nothing', Frame.reply(7, {}), { event: 'reply', ref: 7, ok: true, data: {} }],
  ])('encodes %s as JSON does', (_, frame, envelope) => {
    expect(frame.bytes('json').toString()).toBe(JSON.stringify(envelope));
  });
});
