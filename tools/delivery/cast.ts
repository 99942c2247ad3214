import { type FetchLike, ParleyRest } from '@parley/client';
import { type Account, registerAll } from '../accounts/register';
import type { Afflictions } from './afflictions';
import { ConnectionLog } from './connection-log';
import type { Findings } from './findings';
import type { Device } from './device';
import { ModelClient, type Surroundings } from './model-client';
import { ParleyDevice } from './parley-device';
import type { Random } from './random';
import { Road } from './road';
import { Sightings } from './sightings';

/** Every so many clients one is another device of somebody who has one already. */
const SECOND_DEVICE_EVERY = 4;
const USUAL_CLOSE = 1000;

/** What all clients are made with. */
interface Setting {
  /** Each connection leads to one of them. */
  urls: readonly [string, ...string[]];
  fetch: FetchLike;
  random: Random;
  /** The share of the clients that are built on the client package. */
  packaged: number;
  findings: Findings;
  afflictions: Afflictions;
}

/** The people of a run, with their accounts, their clients, and each client's road to the servers. */
export class Cast {
  readonly sightings = new Sightings();
  readonly roads = new Map<string, Road>();
  readonly clients: Device[] = [];
  readonly byUser = new Map<string, Device[]>();
  private accounts: Account[] = [];

  private constructor(private readonly setting: Setting) {}

  /** Registers people and makes so many clients, which are not connected yet. */
  static async make(count: number, setting: Setting, signal: AbortSignal): Promise<Cast> {
    const cast = new Cast(setting);
    const people = Math.max(2, count - Math.floor(count / SECOND_DEVICE_EVERY));
    const run = Date.now().toString(36);
    const names = Array.from({ length: people }, (_, index) => `d${run}.${index}`);
    const wanted = names.map((name) => ({ name, username: name, displayName: name }));
    const rest = new ParleyRest({ url: cast.anyUrl(), fetch: setting.fetch });
    cast.accounts = [...(await registerAll(wanted, rest, signal)).values()];
    for (let index = 0; index < count; index++) {
      const account = cast.accounts[index % people];
      if (account) await cast.addClient(`client-${index + 1}`, account);
    }
    return cast;
  }

  get userIds(): string[] {
    return this.accounts.map(({ userId }) => userId);
  }

  /** A client for everybody that starts from nothing, straight to a server. */
  fresh(): Device[] {
    return this.accounts.map(
      (account) =>
        new ModelClient(this.surroundings(`fresh client of ${account.userId}`, account, this.anyUrl())),
    );
  }

  async leave(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.stop()));
    await Promise.all([...this.roads.values()].map((road) => road.close()));
  }

  private async addClient(name: string, account: Account): Promise<void> {
    const random = this.setting.random.fork();
    const road = await Road.open(() => new URL(this.anyUrl(random)));
    this.roads.set(name, road);
    const around = this.surroundings(name, account, road.url);
    const client = around.random.chance(this.setting.packaged)
      ? new ParleyDevice(around)
      : new ModelClient(around);
    this.clients.push(client);
    this.byUser.set(account.userId, [...(this.byUser.get(account.userId) ?? []), client]);
  }

  private anyUrl(random = this.setting.random): string {
    return random.pick(this.setting.urls) ?? this.setting.urls[0];
  }

  private surroundings(name: string, account: Account, url: string): Surroundings {
    const { findings, afflictions, fetch, random } = this.setting;
    const owner = { device: name, userId: account.userId };
    return {
      ...{ name, account, url, rest: new ParleyRest({ url, fetch }), random: random.fork() },
      opened: () => new ConnectionLog(owner, findings, this.sightings),
      closed: ({ code, reason }) => {
        if (code === USUAL_CLOSE || afflictions.explain(code, name)) return;
        findings.add('unexplained', `a connection of ${name} ended with ${code} ${reason}`, { device: name });
      },
      complain: (sentence) => findings.add('unexplained', `${sentence}, at ${name}`, { device: name }),
    };
  }
}
