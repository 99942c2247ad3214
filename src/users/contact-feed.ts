import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Authority } from '../common/authority';
import { newId } from '../common/ids';
import { Poller } from '../common/poller';
import { NODES_CHANNEL, NodeBus } from '../connections/bus/node-bus';
import { FOLLOWING } from '../database/following';

/** A block must act on every node within a second, also when the bus did not bring it. */
const POLL_MS = 500;
const PURGE_MS = 10 * 60_000;
const KEEP = '1 day';

type Listener = (userIdA: string, userIdB: string) => void;

interface ChangeRow {
  /** Oldest transaction that was still running: what it writes is not seen yet. */
  horizon: string;
  xid: string | null;
  user_id: string;
  contact_id: string;
}

/** Tells every node which pairs of people have changed how they stand, after the commit. */
@Injectable()
export class ContactFeed implements OnModuleInit, OnModuleDestroy {
  private readonly nodeId = newId();
  private readonly listeners: Listener[] = [];
  private readonly poller: Poller;
  private readonly purger = new Poller('purging the changes of contacts', PURGE_MS, () => this.purge());
  private horizon = '';
  private seen: ReadonlySet<string> = new Set();

  constructor(
    @InjectDataSource(FOLLOWING) private readonly source: DataSource,
    private readonly bus: NodeBus,
    authority: Authority,
  ) {
    this.poller = new Poller(
      'reading the changes of contacts',
      POLL_MS,
      authority.feed(() => this.poll()),
    );
  }

  async onModuleInit(): Promise<void> {
    this.bus.join(NODES_CHANNEL);
    this.bus.subscribe((message) => {
      if (message.type === 'contacts') this.tell(message.userId, message.contactIds);
    });
    const rows: { horizon: string }[] = await this.source.query(
      'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon',
    );
    this.horizon = rows[0]?.horizon ?? '0';
    this.poller.start();
    this.purger.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.poller.stop(), this.purger.stop()]);
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Notes a change in its own transaction, for the other nodes. */
  async record(manager: EntityManager, userId: string, contactIds: readonly string[]): Promise<void> {
    await manager.query(
      'INSERT INTO contact_change (node, user_id, contact_id) SELECT $1, $2, unnest($3::uuid[])',
      [this.nodeId, userId, contactIds],
    );
  }

  /** Tells every node of what was changed here, once it is committed. */
  announce(userId: string, contactIds: readonly string[]): void {
    this.tell(userId, contactIds);
    if (contactIds.length > 0) this.bus.publish([NODES_CHANNEL], { type: 'contacts', userId, contactIds });
  }

  private tell(userId: string, contactIds: readonly string[]): void {
    for (const contactId of contactIds) for (const listener of this.listeners) listener(userId, contactId);
  }

  /** By transaction and not by time: one that commits late is at or after the horizon, and not missed. */
  async poll(): Promise<void> {
    const rows: ChangeRow[] = await this.source.query(
      `SELECT s.horizon::text AS horizon, c.xid::text AS xid, c.user_id, c.contact_id
       FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon) s
       LEFT JOIN contact_change c ON c.xid >= $1::xid8 AND c.node <> $2`,
      [this.horizon, this.nodeId],
    );
    const seen = new Set<string>();
    for (const { horizon, xid, user_id, contact_id } of rows) {
      this.horizon = horizon;
      if (xid === null) continue;
      const key = `${xid} ${user_id} ${contact_id}`;
      seen.add(key);
      if (!this.seen.has(key)) this.tell(user_id, [contact_id]);
    }
    this.seen = seen;
  }

  private async purge(): Promise<void> {
    await this.source.query(`DELETE FROM contact_change WHERE changed_at < now() - interval '${KEEP}'`);
  }
}
