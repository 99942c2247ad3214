import type { ServerFrame } from '@parley/client';
import type { Message, MessageSent } from '@parley/protocol';
import type { Findings } from './findings';
import type { Sightings } from './sightings';

/** Whose connection it is. */
export interface Owner {
  readonly device: string;
  readonly userId: string;
}

/** How far one connection has been told of a conversation. */
interface Told {
  /** By seq, how. */
  seqs: Map<number, string>;
  lastSeq: number;
  lastChange: number;
  lastEvent: string;
}

/** Holds the frames of one connection, as they come, against the order that is promised. */
export class ConnectionLog {
  private readonly told = new Map<string, Told>();
  private lastRef = 0;

  constructor(
    private readonly owner: Owner,
    private readonly findings: Findings,
    private readonly sightings: Sightings,
  ) {}

  frame(frame: ServerFrame): void {
    if (frame.event === 'reply') {
      this.replied(Number(frame.ref));
      if (frame.ok) this.answered(frame.data as Partial<MessageSent>);
      return;
    }
    if (frame.event === 'error') {
      this.complain('unexplained', `an error event came: ${JSON.stringify(frame.data)}`);
      return;
    }
    const place = placeOf(frame);
    if (!place) return;
    const { event } = frame;
    const message = event === 'message.created' ? frame.data.message : undefined;
    this.sightings.add(this.owner.userId, place.conversationId, {
      event,
      ...(message && { message: { seq: message.seq, createdAt: Date.parse(message.createdAt) } }),
      at: Date.now(),
    });
    if (message) this.created(message, 'pushed');
    else if (place.version !== undefined && ORDERED.has(event)) this.changed(event, place as Placed);
  }

  /** Frames are answered once, in the order in which they were sent. */
  private replied(ref: number): void {
    if (ref === this.lastRef) this.complain('unexplained', `ref ${ref} was answered twice`);
    else if (ref !== this.lastRef + 1) {
      this.complain('reordered', `ref ${ref} was answered after ref ${this.lastRef}`);
    }
    this.lastRef = Math.max(ref, this.lastRef);
  }

  /** The first answer to a send stands among the pushes, and takes the place of its own. */
  private answered({ message, duplicate }: Partial<MessageSent>): void {
    if (message && duplicate === false) this.created(message, 'answered');
  }

  private created({ conversationId, seq, id, version }: Message, how: string): void {
    const told = this.of(conversationId);
    const what = `message ${id} (seq ${seq}, version ${version}) of ${conversationId} was ${how}`;
    const before = told.seqs.get(seq);
    if (before !== undefined) this.complain('duplicated', `${what} once more, ${before} before`);
    else if (seq < told.lastSeq) this.complain('reordered', `${what} after seq ${told.lastSeq}`);
    // One that was changed before it was told carries its later version: it may be greater than its place.
    else if (version < told.lastChange)
      this.complain('reordered', `${what} after version ${told.lastChange}`);
    told.seqs.set(seq, how);
    told.lastSeq = Math.max(told.lastSeq, seq);
  }

  private changed(event: string, { conversationId, version }: Placed): void {
    const told = this.of(conversationId);
    if (version < told.lastChange) {
      const what = `${event} of ${conversationId} with version ${version} was pushed`;
      this.complain('reordered', `${what} after ${told.lastEvent} with version ${told.lastChange}`);
    }
    if (version >= told.lastChange) told.lastEvent = event;
    told.lastChange = Math.max(told.lastChange, version);
  }

  private of(conversationId: string): Told {
    let told = this.told.get(conversationId);
    if (!told)
      this.told.set(conversationId, (told = { seqs: new Map(), lastSeq: 0, lastChange: 0, lastEvent: '' }));
    return told;
  }

  private complain(kind: 'duplicated' | 'reordered' | 'unexplained', sentence: string): void {
    const { device } = this.owner;
    this.findings.add(kind, `${sentence}, on a connection of ${device}`, { device });
  }
}

interface Placed {
  conversationId: string;
  version: number;
}

/** Pushes whose order is that of the versions that they carry. */
const ORDERED = new Set([
  'message.updated',
  'member.changed',
  'conversation.updated',
  'conversation.removed',
]);

/** What a push is about: a conversation and, where it tells one, its version. */
function placeOf(
  frame: Exclude<ServerFrame, { event: 'reply' }>,
): (Partial<Placed> & Pick<Placed, 'conversationId'>) | null {
  const data = frame.data as { message?: Message } & Partial<Placed>;
  const { conversationId, version } = data.message ?? data;
  return conversationId === undefined ? null : { conversationId, version };
}
