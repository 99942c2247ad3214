import { RawTcp, upgradeHead } from './support/raw-tcp';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;

beforeAll(async () => {
  server = await startApp();
  ann = await Person.register(server.url);
});
afterEach(async () => {
  // Whatever came, others are served.
  const socket = await ann.connect();
  await socket.settle();
  await ann.disconnect();
});
afterAll(() => server.stop());

/** The status of what the server says before it ends the connection; 0: it said nothing. */
async function statusOf(head: string): Promise<number> {
  const tcp = await RawTcp.open(server.url);
  tcp.write(head);
  const text = (await tcp.ended).toString('latin1');
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

const many = (count: number, name = 'X', value = 'y') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, value]));
const close = { Connection: 'close' };

describe('a handshake', () => {
  it('as it should be is let in', async () => {
    const tcp = await RawTcp.open(server.url);
    tcp.write(upgradeHead());
    const answer = (await tcp.until('\r\n\r\n')).toString('latin1');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(answer).toContain('Sec-WebSocket-Protocol: parley.v1');
    tcp.socket.destroy();
  });

  it.each<[string, number, string]>([
    ['of an old version', 400, upgradeHead({ 'Sec-WebSocket-Version': '7' })],
    ['of a version that is none', 400, upgradeHead({ 'Sec-WebSocket-Version': 'x' })],
    ['without a version', 400, upgradeHead({ 'Sec-WebSocket-Version': undefined })],
    ['without a key', 400, upgradeHead({ 'Sec-WebSocket-Key': undefined })],
    ['with a key that is none', 400, upgradeHead({ 'Sec-WebSocket-Key': 'short' })],
    ['with an empty protocol', 400, upgradeHead({ 'Sec-WebSocket-Protocol': ', ,' })],
    ['with protocols named twice', 400, upgradeHead({ 'Sec-WebSocket-Protocol': 'parley.v1, parley.v1' })],
    ['by another method', 405, upgradeHead({ 'Content-Length': '0' }, 'POST /ws HTTP/1.1')],
    ['by HEAD', 405, upgradeHead({}, 'HEAD /ws HTTP/1.1')],
    ['on another path', 404, upgradeHead({}, 'GET /wss HTTP/1.1')],
    ['on a path below', 404, upgradeHead({}, 'GET /ws/ HTTP/1.1')],
    ['on a path with dots', 404, upgradeHead({}, 'GET /v1/../ws HTTP/1.1')],
    ['on a path that is encoded', 404, upgradeHead({}, 'GET /%77s HTTP/1.1')],
    ['of another host, as to a proxy', 404, upgradeHead({}, 'GET http://parley/ws HTTP/1.1')],
    ['with a token that is no header', 401, upgradeHead({ Authorization: 'Bearer  ' })],
    ['with a token of spaces', 401, upgradeHead({ Authorization: `Bearer ${' '.repeat(8_000)}x y` })],
    ['with a line end in a header', 400, upgradeHead({ 'X-A': 'b\rc' })],
    ['with U+0000 in a header', 400, upgradeHead({ 'X-A': 'b\0c' })],
    ['with a name that is none', 400, upgradeHead({ 'X A': 'b' })],
    ['with a head of 20 KB', 431, upgradeHead({ 'X-Long': 'x'.repeat(20_000) })],
    ['with a line of 20 KB', 431, upgradeHead({}, `GET /ws?${'x'.repeat(20_000)} HTTP/1.1`)],
    ['with 5,000 headers', 431, upgradeHead(many(5_000))],
    ['of two lengths', 400, upgradeHead({ 'Content-Length': '1', 'Transfer-Encoding': 'chunked' })],
    ['that is no HTTP', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['of HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s is refused with %i', async (_, status, head) => {
    expect(await statusOf(head)).toBe(status);
  });

  it('with 2,000 headers is read like any', async () => {
    const tcp = await RawTcp.open(server.url);
    tcp.write(upgradeHead(many(1_900, 'a', '')));
    expect((await tcp.until('\r\n\r\n')).toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
    tcp.socket.destroy();
    const h2c = { ...many(1_900, 'a', ''), Upgrade: 'h2c', ...close, Connection: 'Upgrade' };
    expect(await statusOf(upgradeHead(h2c, 'GET /health/live HTTP/1.1'))).toBe(200);
  });

  it('says nothing of a token in its URL, and looks at none', async () => {
    const { accessToken } = ann.tokens;
    const tcp = await RawTcp.open(server.url);
    tcp.write(upgradeHead({}, `GET /ws?access_token=${accessToken}&token=${accessToken} HTTP/1.1`));
    const answer = (await tcp.until('\r\n\r\n')).toString('latin1');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toContain(accessToken);
    expect(answer).not.toContain('ready');
    tcp.socket.destroy();
  });

  it('of many that end half way leaves nothing behind', async () => {
    const whole = upgradeHead({ Authorization: `Bearer ${ann.tokens.accessToken}` });
    for (let at = 1; at < whole.length; at += 7) {
      const tcp = await RawTcp.open(server.url);
      tcp.write(whole.slice(0, at));
      tcp.socket.end();
      await tcp.ended;
    }
  });
});
