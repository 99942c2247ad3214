import type { Member, Message, SystemEntry } from '@parley/protocol';
import { type EntityManager, MoreThan } from 'typeorm';
import type { Progress } from '../common/commit';
import type { Push } from '../connections/push';
import { changePushes, creation } from '../conversations/conversation-announcer';
import { memberOf } from '../conversations/member-rows';
import type { Membership } from '../conversations/membership';
import type { ConversationEntity } from '../timeline/conversation.entity';
import { HiddenMessageEntity } from '../timeline/hidden-message.entity';
import { MemberEntity } from '../timeline/member.entity';
import type { Range } from '../timeline/timeline-reader';
import { messagePushes, without } from './message-pushes';

interface Telling {
  readonly version: number;
  readonly pushes: Push[];
  /** Who comes with it. */
  readonly added?: readonly string[];
}

/** What was committed in one conversation between two places, read back as the pushes that tell of it. */
export class GapPushes implements Range {
  messages: Message[] = [];
  /** Null is somebody who has gone. */
  private readonly members = new Map<string, Member | null>();
  private readonly hidden = new Map<string, Set<string>>();

  constructor(
    private readonly conversation: ConversationEntity,
    readonly from: Progress,
    readonly to: Progress,
  ) {}

  get conversationId(): string {
    return this.conversation.id;
  }

  get through(): Progress {
    return this.to;
  }

  /** Whether somebody came, went or changed: only an entry of the server says so, or its making. */
  get changesMembers(): boolean {
    return this.from.version === 0 || this.created.some(({ kind }) => kind === 'system');
  }

  get changesUnread(): boolean {
    return this.updated.length > 0;
  }

  async readMembers(manager: EntityManager): Promise<void> {
    const version = MoreThan(this.from.version);
    const rows = await manager.findBy(MemberEntity, { conversationId: this.conversationId, version });
    for (const row of rows) {
      this.members.set(row.userId, row.leftAt ? null : memberOf(row));
    }
  }

  /** Who has deleted which of the changed messages for themselves. */
  async readHidden(manager: EntityManager): Promise<void> {
    const ids = this.updated.map(({ id }) => id);
    if (ids.length === 0) return;
    const rows = await manager
      .createQueryBuilder(HiddenMessageEntity, 'h')
      .where('h.conversation_id = :id AND h.message_id IN (:...ids)', { id: this.conversationId, ids })
      .getMany();
    for (const { messageId, userId } of rows) {
      const users = this.hidden.get(messageId) ?? new Set();
      this.hidden.set(messageId, users.add(userId));
    }
  }

  /** Up to a place, in the order of versions, and new messages in that of seq. */
  of(membership: Membership, end = this.to): Push[] {
    // One that has changed since shows its later version, and still comes before those that follow it.
    let next = end.version;
    const created = this.created
      .filter(({ seq }) => seq <= end.seq)
      .reverse()
      .map((message) => {
        next = Math.min(message.version, next);
        return this.creationOf(membership, message, next);
      });
    const updated = this.updated
      .filter(({ version }) => version <= end.version)
      .map((message): Telling => {
        const audience = { membership, hiddenFrom: this.hidden.get(message.id) ?? new Set<string>() };
        return { version: message.version, pushes: messagePushes('message.updated', message, audience) };
      });
    const tellings = [...created.reverse(), ...updated].sort((a, b) => a.version - b.version);
    return [...this.making(), ...butForAbsent(tellings).flatMap(({ pushes }) => pushes)];
  }

  private get created(): Message[] {
    return this.messages.filter(({ seq }) => seq > this.from.seq).sort((a, b) => a.seq - b.seq);
  }

  private get updated(): Message[] {
    return this.messages.filter(({ seq }) => seq <= this.from.seq);
  }

  /** A conversation that is new to this process is new to its first members. */
  private making(): Push[] {
    if (this.from.version > 0) return [];
    return [...this.members.values()].flatMap((member) =>
      member ? [creation(this.conversation, member)] : [],
    );
  }

  private creationOf(membership: Membership, message: Message, version: number): Telling {
    const created = messagePushes('message.created', message, { membership, version });
    if (message.kind !== 'system') return { version, pushes: created };
    const entry = message.metadata as unknown as SystemEntry;
    // Not by version: an entry that somebody has reacted to since has a later one than who came with it.
    const concerned = concernedBy(entry, message.senderId);
    const changed = [...this.members].filter(([userId]) => concerned.includes(userId));
    const { before, after } = changePushes(membership, {
      conversation: this.conversation,
      entry: { ...message, version },
      members: new Map(changed),
      added: this.added,
      titleChanged: entry.type === 'title.changed',
    });
    const added = entry.type === 'member.added' ? entry.userIds : [];
    return { version, pushes: [...before, ...created, ...after], added };
  }

  private get added(): ReadonlySet<string> {
    const entries = this.created.map(({ metadata }) => metadata as SystemEntry | null);
    return new Set(entries.flatMap((entry) => (entry?.type === 'member.added' ? entry.userIds : [])));
  }
}

/** Who has come since is a member now, and was none when what is before was told. */
function butForAbsent(tellings: readonly Telling[]): Telling[] {
  const absent = new Set<string>();
  const shown: Telling[] = [];
  for (const telling of [...tellings].reverse()) {
    const before = new Set(absent);
    const pushes = telling.pushes.map((push) => ({ ...push, to: without(push.to, before) }));
    shown.push({ ...telling, pushes });
    for (const userId of telling.added ?? []) absent.add(userId);
  }
  return shown.reverse();
}

/** Whose membership an entry tells of; the making of a conversation is told to its members by itself. */
function concernedBy(entry: SystemEntry, senderId: string): readonly string[] {
  switch (entry.type) {
    case 'member.added':
      return entry.userIds;
    case 'member.left':
    case 'member.removed':
    case 'role.changed':
      return [entry.userId];
    case 'ownership.handed_over':
      return [entry.userId, senderId];
    case 'conversation.created':
    case 'title.changed':
      return [];
  }
}
