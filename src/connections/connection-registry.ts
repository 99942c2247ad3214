import { Injectable } from '@nestjs/common';
import type { CloseInfo } from '@parley/protocol';
import type { Connection } from './connection';
import type { Frame } from './frame';

type Listener = (connection: Connection) => void;

/** The connections of this node, by user and by session. Synchronous, and the only place that knows them. */
@Injectable()
export class ConnectionRegistry {
  private readonly byUser = new Map<string, Set<Connection>>();
  private readonly bySession = new Map<string, Set<Connection>>();
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

  ofUser(userId: string): Iterable<Connection> {
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
    for (const connection of [...this.ofUser(userId)]) connection.close(reason);
  }

  closeSession(sessionId: string, reason: CloseInfo): void {
    for (const connection of [...(this.bySession.get(sessionId) ?? [])]) connection.close(reason);
  }

  closeAll(reason: CloseInfo): void {
    for (const userId of [...this.byUser.keys()]) this.closeUser(userId, reason);
  }
}

function addTo(map: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function removeFrom(map: Map<string, Set<Connection>>, key: string, connection: Connection): boolean {
  const set = map.get(key);
  if (!set?.delete(connection)) return false;
  if (set.size === 0) map.delete(key);
  return true;
}
