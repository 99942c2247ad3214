import type { ConversationApi, ConversationState } from '@parley/client';
import type { MemberProfile } from '@parley/protocol';
import { useParley } from '../core/parley';
import { attempt } from '../core/toasts';
import { useText } from '../i18n/text';
import { Person } from '../people/person';
import type { MemberPages } from './use-members';

interface MembersProps {
  api: ConversationApi;
  state: ConversationState;
  members: MemberPages;
}

/** Who is in a group, and what I may do about them. */
export function Members({ api, state, members }: MembersProps) {
  const { group, roles } = useText();
  return (
    <>
      <ul class="people">
        {members.all.map((member) => (
          <Person
            key={member.userId}
            user={member.user}
            note={member.role === 'member' ? '' : roles[member.role]}
          >
            <MemberActs api={api} state={state} member={member} />
          </Person>
        ))}
      </ul>
      {members.more && (
        <button type="button" class="button wide" onClick={members.more}>
          {group.more}
        </button>
      )}
    </>
  );
}

/** As the protocol has it: admins remove members, owners do all. */
function MemberActs({ api, state, member }: Omit<MembersProps, 'members'> & { member: MemberProfile }) {
  const { client } = useParley();
  const { group } = useText();
  const { userId, role, user } = member;
  if (userId === client.userId) return null;
  const isOwner = state.role === 'owner';
  const acts = [
    isOwner && role === 'member' && { word: group.makeAdmin, act: () => api.setRole(userId, 'admin') },
    isOwner && role === 'admin' && { word: group.makeMember, act: () => api.setRole(userId, 'member') },
    isOwner && role !== 'owner' && { word: group.handOver, act: () => api.handOver(userId) },
    (isOwner || (state.role === 'admin' && role === 'member')) && {
      word: group.remove,
      act: () => api.removeMember(userId),
    },
  ].filter((each) => each !== false);
  if (acts.length === 0) return null;
  return (
    <select
      class="select small"
      aria-label={group.actions(user.displayName)}
      value=""
      onChange={(event) => {
        const chosen = acts[Number(event.currentTarget.value)];
        event.currentTarget.value = '';
        if (chosen) void attempt(chosen.act);
      }}
    >
      <option value="">⋯</option>
      {acts.map(({ word }, at) => (
        <option key={word} value={at}>
          {word}
        </option>
      ))}
    </select>
  );
}
