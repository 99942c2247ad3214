import { Refusal } from '../support/refusal';
import { DATABASE_FAULTS } from './database-faults';
import type { ServerFault, SocketFault } from './fault';
import { REDIS_FAULTS } from './redis-faults';
import { NODE_FAULTS, SERVER_FAULTS } from './server-faults';
import { SOCKET_FAULTS } from './socket-faults';

/** Which faults a run inflicts. */
export interface Faults {
  sockets: readonly SocketFault[];
  server: readonly ServerFault[];
  redis: readonly ServerFault[];
  /** Whether messages are sent twice at once, with one id. */
  doubled: boolean;
  /** Those that were asked for and cannot be inflicted on a server that is not ours. */
  omitted: readonly string[];
}

const DOUBLED = 'doubled';
const nameOf = ({ name }: { readonly name: string }) => name;
/** Of several servers, and of what is between them. */
const AMONG_SEVERAL = [...NODE_FAULTS, ...REDIS_FAULTS].map(nameOf);
const ON_SERVERS = [...SERVER_FAULTS, ...NODE_FAULTS, ...DATABASE_FAULTS];
/** Everything that `--faults` may name. */
export const FAULT_NAMES: readonly string[] = [
  ...SOCKET_FAULTS.map(nameOf),
  DOUBLED,
  ...[...ON_SERVERS, ...REDIS_FAULTS].map(nameOf),
];

/** Reads `none`, `all` or a list with commas; `ownServers` is how many we may maltreat. */
export function chooseFaults(list: string, ownServers: number): Faults {
  const all = ownServers === 1 ? FAULT_NAMES.filter((name) => !AMONG_SEVERAL.includes(name)) : FAULT_NAMES;
  const names = list === 'all' ? all : list === 'none' ? [] : list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !FAULT_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new Refusal(
      `There is no fault "${unknown}": name none, all, or some of ${FAULT_NAMES.join(', ')}.`,
    );
  }
  const lonely = ownServers === 1 ? names.find((name) => AMONG_SEVERAL.includes(name)) : undefined;
  if (lonely !== undefined) throw new Refusal(`One server knows no ${lonely}: ask for --servers 2, or more.`);
  const chosen = <T extends { readonly name: string }>(faults: readonly T[]) =>
    faults.filter(({ name }) => names.includes(name));
  const [server, redis] = [chosen(ON_SERVERS), chosen(REDIS_FAULTS)];
  return {
    sockets: chosen(SOCKET_FAULTS),
    server: ownServers > 0 ? server : [],
    redis: ownServers > 0 ? redis : [],
    doubled: names.includes(DOUBLED),
    omitted: ownServers > 0 ? [] : [...server, ...redis].map(nameOf),
  };
}
