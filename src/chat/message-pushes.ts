import { Injectable } from '@nestjs/common';
import type { Message } from '@parley/protocol';
import { DeliveryService, type Position, type Recipients } from '../connections/delivery.service';
import { Frame } from '../connections/frame';
import type { Membership } from '../conversations/membership';

interface Audience {
  membership: Membership;
  /** Connection that is not told, because it is answered. */
  except?: string | undefined;
  /** Members who have deleted the message for themselves. */
  hiddenFrom?: ReadonlySet<string>;
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
  push(event: 'message.created' | 'message.updated', message: Message, audience: Audience): void {
    const { membership, except, hiddenFrom } = audience;
    const send = (to: Recipients, shown: Message) => {
      if (to.size === 0) return;
      const frame = Frame.push(event, { message: shown });
      this.delivery.push({ to: without(to, hiddenFrom), frame, except, position: positionOf(message) });
    };
    if (!message.quote) return send(membership.seeing(message.seq), message);
    send(membership.seeing(message.quote.seq), message);
    send(membership.seeingWithout(message.seq, message.quote.seq), { ...message, quote: null });
  }
}

function without(to: Recipients, userIds: ReadonlySet<string> | undefined): Recipients {
  return userIds && userIds.size > 0 ? new Set([...to].filter((id) => !userIds.has(id))) : to;
}
