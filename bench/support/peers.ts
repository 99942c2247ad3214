import type { WireName } from '../load/wires';

/** Another way to pass messages on, to be measured beside. */
export interface Peer {
  /** On the command line, and over its column. */
  name: string;
  program: string;
  args?: string[];
  wire: WireName;
  /** What an acknowledged message is worth, and what there is not. */
  promise: string;
}

const NOT = 'No accounts, numbers, idempotency, history, or catching up';

const PARLEY =
  'Acknowledged and delivered after the commit, which is on disk; in the order of its numbers; once, however ' +
  'often it is sent; members only; to be caught up with';

export const PEERS: readonly Peer[] = [
  {
    ...{ name: 'ws', program: 'ws-relay', args: ['nothing'], wire: 'relay' },
    promise: `A bare relay on ws, no database: a message is gone with the process, or with whoever is away. ${NOT}`,
  },
  {
    ...{ name: 'ws+batch', program: 'ws-relay', args: ['batch'], wire: 'relay' },
    promise: `The relay on ws with group commit: acknowledged and delivered after the commit of a batch. ${NOT}`,
  },
  {
    ...{ name: 'ws+insert', program: 'ws-relay', args: ['single'], wire: 'relay' },
    promise: `The relay on ws with an insert per message, ten at once: after its commit, in no order. ${NOT}`,
  },
  {
    ...{ name: 'socket.io', program: 'socketio-relay', wire: 'socketIo' },
    promise: `A relay on Socket.IO with rooms and acknowledgements, no database: like ws. ${NOT}`,
  },
  {
    ...{ name: 'nest', program: 'nest-gateway', wire: 'nest' },
    promise: `A gateway as Nest documents it, on its WsAdapter, no database: like ws, an answer says nothing. ${NOT}`,
  },
];

/** What stands beside the figures: a row for Parley, and one for each peer. */
export const PROMISES: readonly Pick<Peer, 'name' | 'promise'>[] = [
  { name: 'parley', promise: PARLEY },
  ...PEERS,
];
