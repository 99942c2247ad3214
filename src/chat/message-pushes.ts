import { Injectable } from '@nestjs/common';
import type { Message } from '@parley/protocol';
import { DeliveryService } from '../connections/delivery.service';
import type { Push } from '../connections/push';
import type { Recipients } from '../connections/recipients';
import { Frame } from '../connections/frame';
import type { Position, PushPosition } from '../connections/push-order';
import type { Membership } from '../conversations/membership';

interface Audience {
  membership: Membership;
  /** Connection that is not told, because it is answered. */
  except?: string | undefined;
  /** Members who have deleted the message for themselves. */
  hiddenFrom?: ReadonlySet<string>;
  /** The message as who changed it is told: the others' frame is one, and does not know of their reactions. */
  own?: { userId: string; message: Message };
  /** The version with which it is told, if that is not the message's. */
  version?: number;
}

/** A message's place in its conversation's order. */
export function positionOf({ conversationId, version }: Message): Position {
  return { conversationId, version };
}

/** Pushes messages to the members who may see them, and quotes to those who may see the original too. */
@Injectable()
export class MessagePushes {
  constructor(private readonly delivery: DeliveryService) {}

  /** Call at once after the commit: nothing may be waited for in between, or pushes lose their order. */
  created(message: Message, audience: Audience): void {
    const { seq } = message;
    const { conversationId, version } = message;
    const position = { conversationId, version, seq, seqBefore: seq - 1 };
    for (const push of messagePushes('message.created', message, audience, position))
      this.delivery.push(push);
  }

  /** Like `created`; `lastSeq` is the conversation's as of the change. */
  updated(message: Message, lastSeq: number, audience: Audience): void {
    const position = { ...positionOf(message), seq: lastSeq, seqBefore: lastSeq };
    for (const push of messagePushes('message.updated', message, audience, position))
      this.delivery.push(push);
  }
}

/** Who is told what of a message. */
export function messagePushes(
  event: 'message.created' | 'message.updated',
  message: Message,
  audience: Audience,
  position?: PushPosition,
): Push[] {
  const { membership, except, version = message.version } = audience;
  const own = audience.own?.message.reactions.some(({ mine }) => mine !== undefined) ? audience.own : null;
  const hiddenFrom = own ? new Set([...(audience.hiddenFrom ?? []), own.userId]) : audience.hiddenFrom;
  const push = (to: Recipients, shown: Message): Push => {
    return { to: without(to, hiddenFrom), frame: Frame.push(event, { message: shown }), except, position };
  };
  const apart: Push[] = own
    ? [{ to: [own.userId], frame: Frame.push(event, { message: own.message }), except, position }]
    : [];
  if (!message.quote) return [...apart, push(membership.seeing(message.seq, version), message)];
  const some = membership.seeingWithout(message.seq, message.quote.seq, version);
  const all = push(membership.seeing(message.quote.seq, version), message);
  return some ? [...apart, all, push(some, { ...message, quote: null })] : [...apart, all];
}

/** The recipients but for some, as they are whenever they are asked for. */
export function without(to: Recipients, userIds: ReadonlySet<string> | undefined): Recipients {
  if (!userIds || userIds.size === 0) return to;
  const { size, sight } = to;
  return {
    ...(size !== undefined && { size }),
    ...(to.has && { has: (userId: string) => to.has?.(userId) === true && !userIds.has(userId) }),
    ...(sight && { sight: { ...sight, except: [...(sight.except ?? []), ...userIds] } }),
    *[Symbol.iterator]() {
      for (const userId of to) if (!userIds.has(userId)) yield userId;
    },
  };
}
