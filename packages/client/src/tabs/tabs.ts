import { type ChannelLike, host } from '../core/host';
import type { Runtime } from '../core/runtime';
import { uuidMaker } from '../core/uuid';
import { FollowerLinks } from './follower-links';
import { LeaderLinks } from './leader-links';
import type { TabMessage } from './messages';
import type { TabListener, TabSharing } from './sharing';

/**
 * Lets all tabs of this name share one connection; whoever holds the lock of that name leads.
 *
 * Undefined where Web Locks or BroadcastChannel are missing: each tab has a connection of its own then.
 */
export function browserTabs({ name = 'parley' }: { name?: string } = {}): TabSharing | undefined {
  const { BroadcastChannel, navigator } = host;
  const locks = navigator?.locks;
  if (!BroadcastChannel || !locks) return undefined;
  const id = uuidMaker(Date.now)();
  let channel: ChannelLike | null = null;
  let leave: () => void = () => undefined;
  let followers: FollowerLinks | null = null;
  const post = (message: TabMessage) => channel?.postMessage(message);
  let heard: TabListener | null = null;
  const leaders = new LeaderLinks(id, post, (...answer) => heard?.answered(...answer));
  const join = (listener: TabListener, runtime: Runtime) => {
    let [isLeading, isGone] = [false, false];
    heard = listener;
    const following = (followers = new FollowerLinks(id, post, runtime));
    const lead = () => {
      if (isGone) return;
      isLeading = true;
      listener.lead();
      following.abandon('this tab leads now');
    };
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      const message = data as TabMessage;
      if (message.type === 'pending') listener.pending(message.id, message.pending);
      else if (message.type === 'forget') listener.forget();
      else if (isLeading) leaders.heard(message);
      else if (message.type === 'push') listener.pushed(message.push);
      else if (message.type !== 'done') following.heard(message);
      else if (message.by !== id) listener.answered(message.event, message.data, message.reply);
    };
    const left = new Promise<void>((resolve) => {
      leave = () => {
        isGone = true;
        following.abandon('it was stopped here');
        channel?.close();
        channel = null;
        resolve();
      };
    });
    // Held until the tab leaves or is closed: then the next one has it.
    const hold = () => {
      lead();
      return left;
    };
    locks.request(name, {}, hold).catch(lead);
  };
  return {
    join,
    leave: () => leave(),
    share: (link) => leaders.share(link),
    pushed: (push) => leaders.pushed(push),
    open: () => followers!.open(),
    pending: (messageId, pending) => post({ type: 'pending', id: messageId, pending }),
    forget: () => post({ type: 'forget' }),
  };
}
