import type { Mark as MarkName } from '@parley/client';
import type { Message } from '@parley/protocol';
import { useMemo } from 'preact/hooks';
import { nameOf } from '../core/names';
import { useParley, useUser } from '../core/parley';
import { dayOf, fully, timeOf } from '../i18n/format';
import { useText } from '../i18n/text';
import { Avatar } from '../ui/avatar';
import { IconButton } from '../ui/icon';
import { FailedActs } from './failed-acts';
import { Mark } from './mark';
import { MessageText } from './message-text';
import { SystemWords } from './preview';
import { Quotation } from './quotation';
import { Reactions } from './reactions';
import type { RowActs } from './row-acts';
import { isStored, type RowMessage } from './rows';

interface MessageRowProps {
  message: RowMessage;
  /** Of mine alone. */
  mark: MarkName | null;
  isNamed: boolean;
  isFollowing: boolean;
  isNewDay: boolean;
  isFirstUnread: boolean;
  isHighlit: boolean;
  acts: RowActs;
}

/** A message, with what stands above it: the day, and where the unread ones begin. */
export function MessageRow(props: MessageRowProps) {
  const words = useText();
  const { message, mark, isFollowing, isNewDay, isFirstUnread, isHighlit, acts, isNamed } = props;
  // The same until something of it changes: a scroll draws the rows around it again.
  return useMemo(() => {
    const look = `${mark ? 'is-mine' : ''} ${isFollowing ? 'is-following' : ''} ${isHighlit ? 'is-highlit' : ''}`;
    return (
      <div class={`row ${look}`} data-id={message.id}>
        {isNewDay && <p class="day">{dayOf(message.createdAt)}</p>}
        {isFirstUnread && (
          <p class="unread-divider" role="separator" aria-label={words.chat.unread}>
            <span>{words.chat.unread}</span>
          </p>
        )}
        {message.kind === 'system' && isStored(message) ? (
          <p class="system">
            <SystemWords message={message} />
          </p>
        ) : (
          <Bubble {...props} />
        )}
      </div>
    );
  }, [message, mark, isFollowing, isNewDay, isFirstUnread, isHighlit, isNamed, acts, words]);
}

function Bubble({ message, mark, isNamed, isFollowing, acts }: MessageRowProps) {
  const { chat } = useText();
  const stored = isStored(message) ? message : null;
  const isDeleted = stored !== null && stored.deletedAt !== null;
  const isOthers = mark === null;
  return (
    <div class="message">
      {isOthers &&
        isNamed &&
        (isFollowing ? <span class="avatar-gap" /> : <SenderAvatar message={message} />)}
      <article class={`bubble ${isDeleted ? 'is-deleted' : ''}`}>
        <SenderName message={message} isShown={isOthers && isNamed && !isFollowing} />
        {stored?.replyTo && <Quotation message={stored} onShow={acts.show} />}
        {isDeleted ? <em>{chat.deleted}</em> : <MessageText message={message} />}
        <footer class="bubble-foot">
          {stored?.pinnedAt && <span class="foot-word">{chat.pinned}</span>}
          {stored?.editedAt && !isDeleted && <span class="foot-word">{chat.edited}</span>}
          <time dateTime={message.createdAt} title={fully(message.createdAt)}>
            {timeOf(message.createdAt)}
          </time>
          {mark && <Mark mark={mark} />}
        </footer>
        {stored && stored.reactions.length > 0 && <Reactions message={stored} acts={acts} />}
        {!stored && mark === 'failed' && <FailedActs message={message} />}
      </article>
      {stored && !isDeleted && <RowButtons message={stored} acts={acts} />}
    </div>
  );
}

function RowButtons({ message, acts }: { message: Message; acts: RowActs }) {
  const words = useText().acts;
  return (
    <div class="row-buttons">
      <IconButton icon="reply" label={words.reply} onClick={() => acts.reply(message)} />
      <IconButton
        icon="more"
        label={words.more}
        onClick={(event) => acts.openMenu(message, event.currentTarget as Element)}
      />
    </div>
  );
}

function SenderAvatar({ message }: { message: RowMessage }) {
  const id = isStored(message) ? message.senderId : '';
  return <Avatar name={nameOf(useUser(id), useText())} id={id} size="s" />;
}

/** Seen where it is needed, and always there for who listens. */
function SenderName({ message, isShown }: { message: RowMessage; isShown: boolean }) {
  const { client } = useParley();
  const words = useText();
  const id = isStored(message) ? message.senderId : (client.userId ?? '');
  const user = useUser(id);
  const name = id === client.userId ? words.people.you : nameOf(user, words);
  return <bdi class={isShown ? 'sender' : 'unseen'}>{isShown ? name : `${name}:`}</bdi>;
}
