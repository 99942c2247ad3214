import type { ClientEvent, MessageChanged, MessageSent, Receipt } from '@parley/protocol';
import type { Replica } from './replica';

/** Takes in what an answer changes, of this tab's request or another's: there is no push of it here. */
export function takeAnswer(replica: Replica, event: ClientEvent, data: unknown, reply: unknown): void {
  switch (event) {
    case 'message.send': {
      const { message, duplicate } = reply as MessageSent;
      return replica.arrived(message, !duplicate);
    }
    case 'message.delete': {
      const { message } = reply as MessageChanged;
      return (data as { forMe?: boolean }).forMe ? replica.hid(message) : replica.arrived(message, false);
    }
    case 'message.edit':
    case 'reaction.set':
    case 'pin.set':
      return replica.arrived((reply as MessageChanged).message, false);
    case 'receipt.delivered':
    case 'receipt.read':
      return replica.moved(reply as Receipt);
    default: // of no conversation's state
  }
}
