import { decodeBusMessage, encodeBusMessage } from './bus-codec';

const recount = { type: 'recount', userIds: ['ann'], conversationId: 'c' } as const;

describe('decodeBusMessage', () => {
  const bytes = encodeBusMessage(recount);

  it('drops what is of a kind that it does not know', () => {
    expect(decodeBusMessage(bytes)).toEqual(recount);
    const later = Buffer.from(bytes.toString('latin1').replace('recount', 'unheard'), 'latin1');
    expect(decodeBusMessage(later)).toBeNull();
  });

  it('is held to the format as it travels', () => {
    expect(bytes.toString('latin1')).toBe('\x23\0\0\0{"t":"recount","u":["ann"],"c":"c"}');
  });
});
