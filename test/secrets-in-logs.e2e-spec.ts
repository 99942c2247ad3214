import { WebSocket } from 'ws';
import { call, PASSWORD, Person } from './support/person';
import { removeDataDirs, ServerProcess } from './support/server-process';

jest.setTimeout(60_000);

it('logs no password and no token, whatever is asked and however it fails', async () => {
  const dataDir = await ServerProcess.dataDir();
  const server = await ServerProcess.start(dataDir, {
    LOG_LEVEL: 'trace',
    JWT_SECRET: 'not to be printed: 0123456789 abc',
  });
  const { url } = server;
  try {
    const ann = await Person.register(url);
    const { accessToken, refreshToken } = ann.tokens;
    const wrong = 'a wrong password, not to be printed';
    await call(url, 'POST', '/v1/auth/login', { username: ann.username, password: wrong });
    await call(url, 'POST', '/v1/auth/login', `{"username": "x", "password": "${wrong}`);
    const next = await call(url, 'POST', '/v1/auth/refresh', { refreshToken });
    const page = await fetch(`${url}/v1/auth/refresh`, {
      method: 'POST',
      headers: { Origin: url, 'Parley-Session': 'cookie', Cookie: `parley=${next.body.refreshToken}` },
    });
    expect(page.status).toBe(200);
    const cookie = page.headers.getSetCookie()[0]!.split(';')[0]!.slice('parley='.length);
    // An old one is the most suspicious of all: its session ends, and the log says so.
    expect((await call(url, 'POST', '/v1/auth/refresh', { refreshToken })).status).toBe(401);
    expect((await ann.call('GET', `/users/me?access_token=${accessToken}`)).status).toBe(401);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?access_token=${accessToken}`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ event: 'auth', data: { accessToken }, ref: 1 }));
    await new Promise((resolve) => socket.once('message', resolve));
    socket.terminate();
    await server.printed(/an old refresh token of it was presented/);
    const secrets = [accessToken, refreshToken, next.body.refreshToken, next.body.accessToken, cookie];
    // A part of one is as telling: of tokens the signature, and what stands before it.
    const parts = secrets.flatMap((token: string) => token.split('.').slice(1));
    for (const secret of [...parts, PASSWORD, wrong, 'not to be printed'])
      expect(server.output).not.toContain(secret);
  } finally {
    await server.end('SIGTERM');
    await removeDataDirs(dataDir);
  }
});
