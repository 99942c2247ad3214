import { Injectable } from '@nestjs/common';
import type { CloseInfo } from '@parley/protocol';
import type { Connection } from './connection';
import type { Frame } from './frame';

type Listener = (connection: Connection) => void;

/** Most have one connection: an array of one takes a tenth of what a set takes. */
type Groups = Map<string, readonly Connection[]>;

/** The connections of this node, by user and by session. Synchronous, and the only place that knows them. */
@Injectable()
export class ConnectionRegistry {
  private readonly byUser: Groups = new Map();
  private readonly bySession: Groups = new Map();
  private readonly openedListeners: Listener[] = [];
  private readonly closedListeners: Listener[] = [];

  /** Users with a connection here. */
  get userCount(): number {
    return this.byUser.size;
  }

  add(connection: Connection): void {
    addTo(this.byUser, connection.userId, connection);
    addTo(this.bySession, connection.sessionId, connection);
    for (const listener of this.openedListeners) listener(connection);
  }

  remove(connection: Connection): void {
    if (!removeFrom(this.byUser, connection.userId, connection)) return;
    removeFrom(this.bySession, connection.sessionId, connection);
    for (const listener of this.closedListeners) listener(connection);
  }

  /** Goes on with a connection under another session, which `change` gives it. */
  move(connection: Connection, change: () => void): void {
    if (!removeFrom(this.bySession, connection.sessionId, connection)) return;
    change();
    addTo(this.bySession, connection.sessionId, connection);
  }

  /** Called with every connection once it is authenticated, before its first frame is handled. */
  onOpened(listener: Listener): void {
    this.openedListeners.push(listener);
  }

  onClosed(listener: Listener): void {
    this.closedListeners.push(listener);
  }

  userIds(): IterableIterator<string> {
    return this.byUser.keys();
  }

  isConnected(userId: string): boolean {
    return this.byUser.has(userId);
  }

  /** Those of the moment: who comes or goes meanwhile does not change what was returned. */
  ofUser(userId: string): readonly Connection[] {
    return this.byUser.get(userId) ?? [];
  }

  sendToUser(userId: string, frame: Frame, exceptConnectionId?: string): void {
    for (const connection of this.ofUser(userId)) {
      if (connection.id !== exceptConnectionId) connection.send(frame);
    }
  }

  /** To everybody connected here, but for the connections named. */
  broadcast(frame: Frame, exceptConnectionIds: ReadonlySet<string> = new Set()): void {
    for (const connections of this.byUser.values()) {
      for (const connection of connections) {
        if (!exceptConnectionIds.has(connection.id)) connection.send(frame);
      }
    }
  }

  closeUser(userId: string, reason: CloseInfo): void {
    for (const connection of this.ofUser(userId)) connection.close(reason);
  }

  closeSession(sessionId: string, reason: CloseInfo): void {
    for (const connection of this.bySession.get(sessionId) ?? []) connection.close(reason);
  }

  closeAll(reason: CloseInfo): void {
    for (const userId of [...this.byUser.keys()]) this.closeUser(userId, reason);
  }
}

function addTo(groups: Groups, key: string, connection: Connection): void {
  const before = groups.get(key);
  groups.set(key, before ? [...before, connection] : [connection]);
}

function removeFrom(groups: Groups, key: string, connection: Connection): boolean {
  const before = groups.get(key);
  if (!before?.includes(connection)) return false;
  if (before.length === 1) groups.delete(key);
  else
    groups.set(
      key,
      before.filter((one) => one !== connection),
    );
  return true;
}
