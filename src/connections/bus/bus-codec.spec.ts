import { decodeBusMessage, encodeBusMessage } from './bus-codec';

describe('decodeBusMessage', () => {
  const bytes = encodeBusMessage({ type: 'recount', userId: 'ann', conversationId: 'c' });

  it('drops what is of a format or a kind that it does not know', () => {
    expect(decodeBusMessage(bytes)).toEqual({ type: 'recount', userId: 'ann', conversationId: 'c' });
    expect(decodeBusMessage(Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toBeNull();
    const later = Buffer.from(bytes.toString('latin1').replace('recount', 'unheard'), 'latin1');
    expect(decodeBusMessage(later)).toBeNull();
    expect(decodeBusMessage(Buffer.alloc(0))).toBeNull();
  });

  it('is held to the format as it travels', () => {
    expect(bytes.toString('latin1')).toBe(
      '\x01\0\0\0\x23{"t":"recount","u":"ann","c":"c"}'.replace('\x23', '\x21'),
    );
  });
});
