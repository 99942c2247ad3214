import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Poller } from '../common/poller';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { groupChannel, NodeBus } from '../connections/bus/node-bus';
import { ConnectionRegistry } from '../connections/connection-registry';
import type { Membership } from './membership';
import { MembershipService } from './membership.service';

/** Users who came are looked up together. */
const LOOK_MS = 20;
const BATCH = 1_000;

/** Keeps this node on the channels of the large groups in which somebody is connected here. */
@Injectable()
export class GroupChannels implements OnModuleInit, OnModuleDestroy {
  /** By group, its members who are connected here. */
  private readonly groups = new Map<string, Set<string>>();
  private readonly byUser = new Map<string, Set<string>>();
  private readonly came = new Set<string>();
  private readonly poller = new Poller('looking for large groups', LOOK_MS, () => this.lookUp());

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) private readonly env: Pick<Env, 'groupChannelMembers'>,
    private readonly registry: ConnectionRegistry,
    private readonly bus: NodeBus,
    private readonly memberships: MembershipService,
  ) {}

  onModuleInit(): void {
    if (!this.bus.isShared) return;
    this.registry.onOpened(({ userId }) => {
      if (!this.byUser.has(userId)) this.came.add(userId);
    });
    this.registry.onClosed(({ userId }) => {
      if (!this.registry.isConnected(userId)) this.leave(userId);
    });
    this.memberships.onChanged((membership) => this.follow(membership));
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }

  private async lookUp(): Promise<void> {
    while (this.came.size > 0) {
      const userIds = [...this.came].slice(0, BATCH);
      const rows: { user_id: string; id: string }[] = await this.source.query(
        `SELECT m.user_id, c.id FROM member m JOIN conversation c ON c.id = m.conversation_id
         WHERE m.user_id = ANY($1::uuid[]) AND m.left_at IS NULL AND c.member_count > $2`,
        [userIds, this.env.groupChannelMembers],
      );
      // After the query: who came again while it ran is not forgotten.
      for (const userId of userIds) this.came.delete(userId);
      for (const { user_id: userId, id } of rows) this.enter(id, userId);
    }
  }

  /** Takes over who is in a group now. */
  private follow(membership: Membership): void {
    const { conversationId: id, everyone } = membership;
    const known = this.groups.get(id);
    if (membership.size <= this.env.groupChannelMembers && !known) return;
    for (const userId of known ?? []) if (!membership.get(userId)) this.exit(id, userId);
    const isShorter = this.registry.userCount < membership.size;
    for (const userId of isShorter ? this.registry.userIds() : everyone) {
      if (membership.get(userId)) this.enter(id, userId);
    }
  }

  private enter(id: string, userId: string): void {
    if (!this.registry.isConnected(userId)) return;
    if (!this.groups.has(id)) this.bus.join(groupChannel(id));
    addTo(this.groups, id, userId);
    addTo(this.byUser, userId, id);
  }

  private exit(id: string, userId: string): void {
    removeFrom(this.byUser, userId, id);
    removeFrom(this.groups, id, userId);
    if (!this.groups.has(id)) this.bus.leave(groupChannel(id));
  }

  private leave(userId: string): void {
    this.came.delete(userId);
    for (const id of [...(this.byUser.get(userId) ?? [])]) this.exit(id, userId);
  }
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

function removeFrom(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}
