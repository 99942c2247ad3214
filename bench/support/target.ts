import type { Client } from '../load/client';
import type { WireName } from '../load/wires';
import type { Cpu } from './processes';

/** People, and how many of them share a room. */
export interface Shape {
  connections: number;
  roomSize: number;
}

/** A server that can be measured: Parley, or a peer. */
export interface Target {
  readonly name: string;
  readonly wire: WireName;
  readonly port: number;
  /** People who may connect and write, in rooms of that size. */
  gather(shape: Shape): Promise<Client[]>;
  /** Whether it has yet to read of these rooms, which it does once; true once after each start. */
  meets(shape: Shape): boolean;
  /** Seconds since the start, of the server and of the database behind it. */
  cpu(): Cpu;
  /** MiB of the server. */
  resident(): number;
  /** Begins anew, with nothing in memory. */
  restart(): Promise<void>;
}

export function roomsOf({ connections, roomSize }: Shape): number {
  return Math.floor(connections / roomSize);
}

export function keyOf({ connections, roomSize }: Shape): string {
  return `${connections}/${roomSize}`;
}
