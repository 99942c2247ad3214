import { LIMITS, type Reaction } from '@parley/protocol';

/** A message's reactions after one kind has got another count; a kind that nobody has left goes. */
export function withKind(reactions: readonly Reaction[], kind: Reaction): Reaction[] {
  const others = reactions.filter(({ emoji }) => emoji !== kind.emoji);
  if (kind.count === 0) return others;
  if (others.length === reactions.length) return [...reactions, kind];
  return reactions.map((reaction) => (reaction.emoji === kind.emoji ? kind : reaction));
}

/** Whether one more of a kind may go on a message. */
export function hasRoomFor(reactions: readonly Reaction[], emoji: string): boolean {
  return reactions.length < LIMITS.reactionKinds || reactions.some((reaction) => reaction.emoji === emoji);
}
