import { SLOTS } from './hash-slot';
import { askOnce, type RedisClient, within, ANSWER_MS } from './redis-connection';

/** Who answers for what: the masters of a cluster by their URLs, or a single Redis for everything. */
export interface Topology {
  readonly isCluster: boolean;
  /** By slot, the URL of its master; undefined: nobody answers for it now. */
  readonly owners: readonly (string | undefined)[];
}

/** Asks a Redis that may be one of a cluster, over a connection of its own. */
export function readTopology(url: string): Promise<Topology> {
  return askOnce(url, (client) => topologyOf(client, url));
}

/** Asks over a connection that is there; `url` is that of the Redis at its end. */
export async function topologyOf(client: RedisClient, url: string): Promise<Topology> {
  try {
    const ranges = await within(ANSWER_MS, client.clusterSlots());
    const owners = new Array<string | undefined>(SLOTS).fill(undefined);
    for (const { from, to, master } of ranges) owners.fill(urlOf(url, master), from, to + 1);
    return { isCluster: true, owners };
  } catch (error) {
    if (!saysSingle(error)) throw error;
    return { isCluster: false, owners: new Array<string>(SLOTS).fill(url) };
  }
}

/** What hosted ones that are no cluster say may differ: the command may be unknown there, or forbidden. */
function saysSingle(error: unknown): boolean {
  return /cluster support disabled|unknown command|NOPERM/i.test(String(error));
}

/** Another node of the same cluster, reached alike; one that does not know its own name is where it was asked. */
function urlOf(url: string, { host, port }: { host: string; port: number }): string {
  const made = new URL(url);
  if (host && host !== '?') made.hostname = host.includes(':') ? `[${host}]` : host;
  made.port = String(port);
  return made.href;
}
