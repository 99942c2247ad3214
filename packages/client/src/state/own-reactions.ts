import type { Message } from '@parley/protocol';

/**
 * A message with what another state of it tells of my reactions.
 *
 * What is pushed to all is the same for all, and names the first ten only: whether I have reacted is told by
 * what I read and by answers to what I do, on whatever device, and holds until one of these tells otherwise.
 */
export function withKnownReactions(message: Message, other: Message): Message {
  let isChanged = false;
  const reactions = message.reactions.map((reaction) => {
    if (reaction.mine !== undefined || reaction.count <= reaction.userIds.length) return reaction;
    const mine = other.reactions.find(({ emoji }) => emoji === reaction.emoji)?.mine;
    if (mine === undefined) return reaction;
    isChanged = true;
    return { ...reaction, mine };
  });
  return isChanged ? { ...message, reactions } : message;
}

/** Whether somebody, whose message this client holds, has put an emoji on it. */
export function hasReacted({ userIds, mine }: Message['reactions'][number], userId: string): boolean {
  return mine === true || userIds.includes(userId);
}
