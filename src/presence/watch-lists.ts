import { Injectable } from '@nestjs/common';
import type { Connection } from '../connections/connection';

/** Whom one connection asked to watch, and whom of them it may. */
export class WatchList {
  readonly wanted: ReadonlySet<string>;
  readonly allowed = new Set<string>();

  constructor(
    readonly connection: Connection,
    wanted: Iterable<string>,
  ) {
    this.wanted = new Set(wanted);
  }
}

/** The watch lists of this node's connections, both ways round. */
@Injectable()
export class WatchLists {
  private readonly byConnection = new Map<string, WatchList>();
  private readonly byWatched = new Map<string, Set<WatchList>>();

  /** Instead of the connection's list before; nobody on it is watched until allowed. */
  replace(connection: Connection, wanted: Iterable<string>): WatchList {
    this.drop(connection.id);
    const list = new WatchList(connection, wanted);
    this.byConnection.set(connection.id, list);
    return list;
  }

  /** Without effect once the list is replaced or its connection gone. */
  allow(list: WatchList, userIds: Iterable<string>): void {
    if (this.byConnection.get(list.connection.id) !== list) return;
    for (const userId of userIds) {
      list.allowed.add(userId);
      const lists = this.byWatched.get(userId);
      if (lists) lists.add(list);
      else this.byWatched.set(userId, new Set([list]));
    }
  }

  refuse(list: WatchList, userId: string): void {
    list.allowed.delete(userId);
    const lists = this.byWatched.get(userId);
    lists?.delete(list);
    if (lists?.size === 0) this.byWatched.delete(userId);
  }

  drop(connectionId: string): void {
    const list = this.byConnection.get(connectionId);
    if (!list) return;
    for (const userId of list.allowed) this.refuse(list, userId);
    this.byConnection.delete(connectionId);
  }

  of(connectionId: string): WatchList | undefined {
    return this.byConnection.get(connectionId);
  }

  /** The lists on which a user is watched. */
  watching(userId: string): ReadonlySet<WatchList> {
    return this.byWatched.get(userId) ?? NONE;
  }
}

const NONE: ReadonlySet<WatchList> = new Set();
