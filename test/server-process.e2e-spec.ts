import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { MessageSent } from '@parley/protocol';
import { makeCertificate } from '../bench/support/certificate';
import { nameServed } from './support/name-served';
import { Person } from './support/person';
import { describeWith } from './support/require-program';
import { isAlive, postmasterOf, removeDataDirs, ServerProcess } from './support/server-process';
import { TestSocket } from './support/test-socket';

const dirs: string[] = [];
const servers: ServerProcess[] = [];

async function dataDir(): Promise<string> {
  const dir = await ServerProcess.dataDir();
  dirs.push(dir);
  return dir;
}

async function start(dir: string, settings?: Record<string, string>): Promise<ServerProcess> {
  const server = await ServerProcess.start(dir, settings);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end()));
  await removeDataDirs(...dirs.splice(0));
});

describe('the server', () => {
  it('starts with nothing configured, keeps its data, and says goodbye', async () => {
    const dir = await dataDir();
    const first = await start(dir);
    const ann = await Person.register(first.url);
    const { conversation } = await ann.ok('POST', '/conversations', {
      kind: 'group',
      title: 'Kept',
      memberIds: [],
    });
    const socket = await ann.connect();
    const pid = postmasterOf(dir);
    first.child.kill('SIGTERM');
    expect(await socket.next('server.draining')).toEqual({ reconnectAfterMs: expect.any(Number) });
    expect(await socket.closed).toEqual({ code: 4503, reason: 'draining' });
    expect(await first.exited).toBe(0);
    expect(isAlive(pid)).toBe(false);

    const second = await start(dir);
    const again = new URL(second.url);
    // The same secret: the token of before is still good.
    const answer = await fetch(`${again.origin}/v1/conversations/${conversation.id}`, {
      headers: { Authorization: `Bearer ${ann.tokens.accessToken}` },
    });
    expect(await answer.json()).toMatchObject({ title: 'Kept' });
  });

  it('has after kill -9 what it had acknowledged, and takes its database over', async () => {
    const dir = await dataDir();
    const first = await start(dir);
    const ann = await Person.register(first.url);
    const bob = await Person.register(first.url, 'bob');
    const socket = await ann.connect();
    const acked: string[] = [];
    for (let i = 0; i < 50; i++) {
      const id = randomUUID();
      void socket.request('message.send', { id, text: `${i}`, to: bob.id }).then(
        (sent) => acked.push((sent as MessageSent).message.id),
        () => undefined,
      );
      if (i === 25) await socket.settle();
    }
    await first.end('SIGKILL');
    await socket.closed;
    expect(acked.length).toBeGreaterThan(0);

    const second = await start(dir);
    const headers = { Authorization: `Bearer ${ann.tokens.accessToken}` };
    const list = (await (await fetch(`${second.url}/v1/conversations`, { headers })).json()) as {
      items: { id: string }[];
    };
    const path = `${second.url}/v1/conversations/${list.items[0]!.id}/messages?limit=200`;
    const { messages } = (await (await fetch(path, { headers })).json()) as {
      messages: { id: string; seq: number }[];
    };
    expect(messages.map((message) => message.id)).toEqual(expect.arrayContaining(acked));
    expect(messages.map((message) => message.seq)).toEqual(messages.map((_, i) => i + 1));
  });

  it('keeps sockets when its database dies, says so, and recovers without a hand', async () => {
    const dir = await dataDir();
    const server = await start(dir);
    const ann = await Person.register(server.url);
    const bob = await Person.register(server.url, 'bob');
    const socket = await ann.connect();
    await socket.request('message.send', { id: randomUUID(), text: 'before', to: bob.id });
    process.kill(postmasterOf(dir), 'SIGKILL');
    const failures: unknown[] = [];
    const id = randomUUID();
    // The same id until it is in, as a client does.
    for (;;) {
      try {
        const sent = (await socket.request('message.send', { id, text: 'after', to: bob.id })) as MessageSent;
        expect(sent.message.seq).toBe(2);
        break;
      } catch (error) {
        failures.push(error);
        await socket.settle();
      }
    }
    for (const failure of failures) expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
    // A connection of the pool may still be one to a backend that is about to end: the answer is to try again.
    let answer = await ann.call('GET', '/users/me');
    while (answer.status === 503) {
      expect(answer.body.error).toMatchObject({ code: 'unavailable', retryable: true });
      answer = await ann.call('GET', '/users/me');
    }
    expect(answer.status).toBe(200);
    await ann.disconnect();
  });

  describe('refuses to start in one sentence', () => {
    async function complaint(server: ServerProcess): Promise<string> {
      expect(await server.exited).toBe(1);
      expect(server.output).toContain('Parley cannot start.');
      expect(server.output).not.toContain('ERROR');
      const sentence = server.output.slice(server.output.indexOf('Parley cannot start.')).trim();
      expect(sentence).not.toContain('\n');
      return sentence;
    }

    it('when the port is taken', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as AddressInfo;
      const dir = await dataDir();
      const sentence = await complaint(ServerProcess.spawn(dir, { PORT: String(port) }));
      expect(sentence).toContain(`Port ${port} is taken`);
      other.close();
    });

    it('when another one uses the folder', async () => {
      const dir = await dataDir();
      const first = await start(dir);
      const sentence = await complaint(ServerProcess.spawn(dir));
      expect(sentence).toContain(`pid ${first.child.pid}`);
      expect(sentence).toContain('DATA_DIR');
    });

    it('when a setting is wrong', async () => {
      expect(await complaint(ServerProcess.spawn(await dataDir(), { PORT: 'x' }))).toContain('PORT is "x"');
    });

    it('when HOST is not of this machine', async () => {
      expect(await complaint(ServerProcess.spawn(await dataDir(), { HOST: '192.0.2.1' }))).toContain(
        'HOST is no address',
      );
    });

    it('when .env cannot be read', async () => {
      const dir = await dataDir();
      mkdirSync(join(dir, '.env'));
      expect(await complaint(ServerProcess.spawn(dir))).toContain('.env cannot be read');
    });

    it('when the data folder cannot be made', async () => {
      const dir = await dataDir();
      const sentence = await complaint(ServerProcess.spawn(dir, { DATA_DIR: '/proc/nothing/here' }));
      expect(sentence).toContain('/proc/nothing');
    });

    it('when the TLS files are none', async () => {
      const dir = await dataDir();
      writeFileSync(join(dir, 'cert.pem'), 'nonsense');
      const both = join(dir, 'cert.pem');
      const sentence = await complaint(ServerProcess.spawn(dir, { TLS_CERT: both, TLS_KEY: both }));
      expect(sentence).toContain('TLS_CERT and TLS_KEY cannot be used');
    });

    it('when it would be insecure in production', async () => {
      const settings = { NODE_ENV: 'production', EMBEDDED_POSTGRES: '1' };
      const weak = { ...settings, JWT_SECRET: 'secret' };
      expect(await complaint(ServerProcess.spawn(await dataDir(), settings))).toContain(
        'JWT_SECRET is missing',
      );
      expect(await complaint(ServerProcess.spawn(await dataDir(), weak))).toContain('JWT_SECRET is too weak');
    });

    it('when its database cannot be reached', async () => {
      const settings = { DATABASE_URL: 'postgres://parley:secret@127.0.0.1:1/parley' };
      const sentence = await complaint(ServerProcess.spawn(await dataDir(), settings));
      expect(sentence).toContain('The database of DATABASE_URL cannot be used');
      expect(sentence).not.toContain('secret');
    });
  });
});

describeWith('openssl', 'openssl', () => {
  it('speaks https and wss, and takes a new certificate on SIGHUP while connections stay', async () => {
    const dir = await dataDir();
    const { certFile, keyFile } = makeCertificate(dir, 'first');
    const server = await start(dir, { TLS_CERT: certFile, TLS_KEY: keyFile });
    expect(server.url).toMatch(/^https:/);
    expect(server.output).toContain('wss://');
    const port = Number(new URL(server.url).port);
    const socket = await TestSocket.open(server.url, undefined, { ca: readFileSync(certFile) });
    await expect(socket.request('ping')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await nameServed(port)).toBe('first');

    makeCertificate(dir, 'second');
    server.child.kill('SIGHUP');
    await server.printed(/certificate was read again/);
    expect(await nameServed(port)).toBe('second');
    await expect(socket.request('ping')).rejects.toMatchObject({ code: 'unauthenticated' });
    execFileSync('cp', [certFile, keyFile]);
    server.child.kill('SIGHUP');
    await server.printed(/certificate stays as it was/);
    expect(await nameServed(port)).toBe('second');
    await socket.close();
  });
});
