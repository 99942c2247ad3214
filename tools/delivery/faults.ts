import { Refusal } from '../support/refusal';
import { DATABASE_FAULTS } from './database-faults';
import type { ServerFault, SocketFault } from './fault';
import { SERVER_FAULTS } from './server-faults';
import { SOCKET_FAULTS } from './socket-faults';

/** Which faults a run inflicts. */
export interface Faults {
  sockets: readonly SocketFault[];
  server: readonly ServerFault[];
  /** Whether messages are sent twice at once, with one id. */
  doubled: boolean;
  /** Those that were asked for and cannot be inflicted on a server that is not ours. */
  omitted: readonly string[];
}

const DOUBLED = 'doubled';
const ON_SERVER = [...SERVER_FAULTS, ...DATABASE_FAULTS];
/** Everything that `--faults` may name. */
export const FAULT_NAMES: readonly string[] = [...SOCKET_FAULTS.map(({ name }) => name), DOUBLED].concat(
  ON_SERVER.map(({ name }) => name),
);

/** Reads `none`, `all` or a list with commas. */
export function chooseFaults(list: string, { ownServer }: { ownServer: boolean }): Faults {
  const names =
    list === 'all' ? FAULT_NAMES : list === 'none' ? [] : list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !FAULT_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new Refusal(
      `There is no fault "${unknown}": name none, all, or some of ${FAULT_NAMES.join(', ')}.`,
    );
  }
  const onServer = ON_SERVER.filter(({ name }) => names.includes(name));
  return {
    sockets: SOCKET_FAULTS.filter(({ name }) => names.includes(name)),
    server: ownServer ? onServer : [],
    doubled: names.includes(DOUBLED),
    omitted: ownServer ? [] : onServer.map(({ name }) => name),
  };
}
