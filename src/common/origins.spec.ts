import { Origins } from './origins';

const NOTHING = { allowedOrigins: [], publicUrl: null, tls: null };
const TLS = { certFile: 'cert', keyFile: 'key' };

function kind(
  origin: string | undefined,
  host: string,
  settings: Partial<ConstructorParameters<typeof Origins>[0]> = {},
) {
  return new Origins({ ...NOTHING, ...settings }).kindOf({ origin, host });
}

describe('Origins', () => {
  it('knows its own page by the host that was asked for, whoever ends TLS', () => {
    expect(kind('http://chat.example:3000', 'chat.example:3000')).toBe('own');
    expect(kind('https://chat.example', 'chat.example')).toBe('own');
    expect(kind('https://chat.example', 'chat.example:443')).toBe('own');
    expect(kind('http://[::1]:3000', '[::1]:3000')).toBe('own');
    expect(kind(undefined, 'chat.example')).toBe('none');
  });

  it('takes one scheme only where it knows which', () => {
    expect(kind('http://chat.example', 'chat.example', { tls: TLS })).toBe('foreign');
    expect(kind('https://chat.example', 'chat.example', { tls: TLS })).toBe('own');
    const settings = { publicUrl: 'https://chat.example/' };
    expect(kind('http://chat.example', 'chat.example', settings)).toBe('foreign');
    expect(kind('https://chat.example', 'inside:3000', settings)).toBe('own');
    expect(kind('http://10.0.0.5:3000', '10.0.0.5:3000', settings)).toBe('own');
  });

  it.each([
    'null',
    '',
    'http://chat.example:3001',
    'http://chat.example:80',
    'http://CHAT.example:3000',
    'HTTP://chat.example:3000',
    'http://chat.example:3000/',
    'http://chat.example:3000.evil.example',
    'http://evil.example/chat.example:3000',
    'http://evil.example#chat.example:3000',
    'http://user@chat.example:3000',
    'http://notchat.example:3000',
    'http://sub.chat.example:3000',
    'http://chat.example.:3000',
    'http://chat.example:3000, http://evil.example',
    'ws://chat.example:3000',
    'file://',
    'http://сhat.example:3000',
  ])('takes %j for another page', (origin) => {
    const settings = { allowedOrigins: ['https://app.example'], publicUrl: 'http://chat.example:3000' };
    expect(kind(origin, 'chat.example:3000', settings)).toBe('foreign');
  });

  it('lets listed ones in, as they are written', () => {
    const settings = { allowedOrigins: ['https://app.example', 'capacitor://localhost'] };
    expect(kind('https://app.example', 'chat.example', settings)).toBe('listed');
    expect(kind('capacitor://localhost', 'chat.example', settings)).toBe('listed');
    for (const other of [
      'http://app.example',
      'https://app.example:8443',
      'https://App.example',
      'https://app.example/',
    ])
      expect(kind(other, 'chat.example', settings)).toBe('foreign');
  });

  it.each(['', 'a b', 'evil.example/chat.example', 'user@chat.example', '%'])(
    'takes no page for its own where the host is %j',
    (host) => {
      expect(kind('http://chat.example', host)).toBe('foreign');
    },
  );
});
