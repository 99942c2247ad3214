import type { Message, Reaction } from '@parley/protocol';
import type { EntityManager } from 'typeorm';

/**
 * The messages with word of whether somebody has reacted, where a message does not name all who have.
 *
 * One look at the primary key for each such kind, by one query; the usual message costs nothing, and is the same.
 */
export async function withOwnReactions(
  manager: EntityManager,
  messages: readonly Message[],
  userId: string,
): Promise<Message[]> {
  const isUnclear = ({ count, userIds }: Reaction) => count > userIds.length && !userIds.includes(userId);
  const asked = messages.flatMap(({ conversationId, id, reactions }) =>
    reactions.filter(isUnclear).map(({ emoji }) => ({ conversationId, id, emoji })),
  );
  if (asked.length === 0) return [...messages];
  const rows: { conversation_id: string; message_id: string; emoji: string }[] = await manager.query(
    `SELECT r.conversation_id, r.message_id, r.emoji
     FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS asked (place, message, kind)
     CROSS JOIN LATERAL (
       SELECT * FROM reaction
       WHERE conversation_id = place AND message_id = message AND emoji = kind AND user_id = $4 OFFSET 0) r`,
    [
      asked.map((each) => each.conversationId),
      asked.map(({ id }) => id),
      asked.map(({ emoji }) => emoji),
      userId,
    ],
  );
  const own = new Set(rows.map((row) => row.conversation_id + row.message_id + row.emoji));
  return messages.map((message) => {
    if (!message.reactions.some(isUnclear)) return message;
    const key = message.conversationId + message.id;
    const reactions = message.reactions.map((reaction) =>
      isUnclear(reaction) ? { ...reaction, mine: own.has(key + reaction.emoji) } : reaction,
    );
    return { ...message, reactions };
  });
}
