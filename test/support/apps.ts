import { randomUUID } from 'node:crypto';
import type { MessageSent, Presence } from '@parley/protocol';
import { NodeBus } from '../../src/connections/bus/node-bus';
import type { Person } from './person';
import { startApp, type TestApp } from './start-app';
import type { TestSocket } from './test-socket';

/** Servers on one database and one Redis, and sockets of people to any of them. */
export class Apps {
  private readonly sockets: TestSocket[] = [];

  private constructor(readonly apps: readonly TestApp[]) {}

  /** One for each of the ways to the Redis. */
  static async start(redisUrls: readonly string[], settings: Record<string, string> = {}): Promise<Apps> {
    const apps: TestApp[] = [];
    const all = { JWT_SECRET: randomUUID(), ...settings };
    for (const REDIS_URL of redisUrls) {
      const reach = apps[0] && (() => Promise.resolve(apps[0]!.database));
      apps.push(await startApp({ ...all, REDIS_URL }, {}, reach));
    }
    const nodes = new Apps(apps);
    await nodes.joined();
    return nodes;
  }

  get url(): string {
    return this.apps[0]!.url;
  }

  bus(index: number): NodeBus {
    return this.apps[index]!.app.get(NodeBus);
  }

  /** Until every bus is connected. */
  async joined(): Promise<void> {
    await until('all are on the bus', () => this.apps.every((_, i) => this.bus(i).isUp));
  }

  at(index: number, person: Person): Person {
    return person.at(this.apps[index]!.url);
  }

  async connect(index: number, person: Person): Promise<TestSocket> {
    const socket = await this.at(index, person).connect();
    this.sockets.push(socket);
    return socket;
  }

  async closeSockets(): Promise<void> {
    await Promise.all(this.sockets.splice(0).map((socket) => socket.close()));
  }

  async stop(): Promise<void> {
    for (const app of [...this.apps].reverse()) await app.stop();
  }
}

export async function befriend(a: Person, b: Person): Promise<void> {
  await a.ok('PUT', `/contacts/${b.id}`, { action: 'request' });
  await b.ok('PUT', `/contacts/${a.id}`, { action: 'accept' });
}

export async function groupOf(owner: Person, ...others: Person[]): Promise<string> {
  const memberIds = others.map(({ id }) => id);
  const { conversation } = await owner.ok('POST', '/conversations', { kind: 'group', memberIds });
  return conversation.id as string;
}

export function say(socket: TestSocket, conversationId: string, text: string): Promise<MessageSent> {
  return socket.request('message.send', { id: randomUUID(), conversationId, text }) as Promise<MessageSent>;
}

/** What one is told of another who asks now. */
export async function statusOf(by: Person, person: Person): Promise<Presence['status']> {
  const { presence } = (await by.ok('GET', `/presence?userIds=${person.id}`)) as { presence: Presence[] };
  return presence[0]!.status;
}

/** Until the bus carries what concerns somebody: typing goes no other way. */
export async function carried(from: TestSocket, to: TestSocket, conversationId: string): Promise<void> {
  const heard = () => to.all('typing.changed').length;
  const forget = async () => {
    await to.settle();
    while (heard() > 0) await to.next('typing.changed');
  };
  await forget();
  await until('the bus carries', async () => {
    await from.request('typing.set', { conversationId, on: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return heard() > 0;
  });
  await forget();
}

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 40_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
