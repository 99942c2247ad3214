import type { User } from '@parley/protocol';
import type { ComponentChildren } from 'preact';
import { nameOf } from '../core/names';
import { useText } from '../i18n/text';
import { Presence } from '../ui/avatar';

interface PersonProps {
  user: User;
  /** Beside the user name, such as a role. */
  note?: string;
  children?: ComponentChildren;
}

/** Somebody in a list, and what can be done about them. */
export function Person({ user, note, children }: PersonProps) {
  const name = nameOf(user, useText());
  return (
    <li class="person">
      <Presence name={name} userId={user.id} />
      <span class="person-names">
        <bdi class="line-title">{name}</bdi>
        <span class="quiet">
          {!user.deleted && `@${user.username}`}
          {note && <span class="role">{note}</span>}
        </span>
      </span>
      <span class="person-acts">{children}</span>
    </li>
  );
}
