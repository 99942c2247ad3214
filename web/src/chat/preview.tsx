import type { Message, SystemEntry } from '@parley/protocol';
import { useNames } from '../core/names';
import { useParley } from '../core/parley';
import { useText } from '../i18n/text';

/** A message in one line. */
export function Preview({ message, isNamed }: { message: Message; isNamed: boolean }) {
  const { client } = useParley();
  const { chat, list } = useText();
  const [name = ''] = useNames([message.senderId]);
  if (message.kind === 'system') return <SystemWords message={message} />;
  if (message.deletedAt !== null) return <em>{chat.deleted}</em>;
  const words = message.text ?? '';
  if (!isNamed) return <>{words}</>;
  const who = message.senderId === client.userId ? list.you : `${name}: `;
  return (
    <>
      {who} {words}
    </>
  );
}

/** What an entry of the server tells. */
export function SystemWords({ message }: { message: Message }) {
  const { system, roles } = useText();
  // Made by the server alone, as the protocol says.
  const entry = message.metadata as unknown as SystemEntry;
  const [by = '', ...who] = useNames([message.senderId, ...peopleIn(entry)], true);
  const whom = who.join(', ');
  switch (entry.type) {
    case 'conversation.created':
      return <>{system.created(by, entry.title ?? '')}</>;
    case 'title.changed':
      return <>{system.titled(by, entry.title)}</>;
    case 'member.added':
      return <>{entry.invitedBy ? system.joined(by, whom) : system.added(by, whom)}</>;
    case 'member.removed':
      return <>{system.removed(by, whom)}</>;
    case 'member.left':
      return <>{system.left(whom)}</>;
    case 'role.changed':
      return <>{system.role(by, whom, roles[entry.role])}</>;
    case 'ownership.handed_over':
      return <>{system.handed(by, whom)}</>;
    default:
      return <>{system.other}</>;
  }
}

function peopleIn(entry: SystemEntry): readonly string[] {
  if ('invitedBy' in entry && entry.invitedBy) return [entry.invitedBy];
  if ('userIds' in entry) return entry.userIds.slice(0, 5);
  return 'userId' in entry ? [entry.userId] : [];
}
