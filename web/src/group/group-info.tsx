import type { ConversationState } from '@parley/client';
import { ConversationApi } from '@parley/client';
import { LIMITS, type User } from '@parley/protocol';
import type { TargetedSubmitEvent } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { titleOf } from '../core/names';
import { useParley } from '../core/parley';
import { attempt } from '../core/toasts';
import { useText } from '../i18n/text';
import { Avatar } from '../ui/avatar';
import { Dialog } from '../ui/dialog';
import { typedInto } from '../ui/form';
import { Invites } from './invites';
import { Members } from './members';
import { PeoplePicker } from './people-picker';
import { useMembers } from './use-members';

/** A group: its name, who is in it, and what I may change of it. */
export function GroupInfo({ state, onClose }: { state: ConversationState; onClose: () => void }) {
  const { client } = useParley();
  const words = useText();
  const api = useMemo(() => new ConversationApi(client, state.id), [client, state.id]);
  const members = useMembers(api, state);
  const [isAdding, setAdding] = useState(false);
  const isInCharge = state.role !== 'member';
  return (
    <Dialog title={words.chat.info} onClose={onClose}>
      <div class="profile">
        <Avatar name={titleOf(state, words)} id={state.id} size="l" />
        {isInCharge ? (
          <TitleForm api={api} title={state.title ?? ''} />
        ) : (
          <h3>
            <bdi>{titleOf(state, words)}</bdi>
          </h3>
        )}
        <p class="quiet">{words.chat.members(state.memberCount)}</p>
      </div>
      {isInCharge && !isAdding && (
        <button type="button" class="button wide" onClick={() => setAdding(true)}>
          {words.group.add}
        </button>
      )}
      {isAdding && (
        <AddPeople
          api={api}
          present={members.all.map(({ userId }) => userId)}
          onDone={() => setAdding(false)}
        />
      )}
      {isInCharge && <Invites api={api} />}
      <h3 class="section">{words.group.members}</h3>
      <Members api={api} state={state} members={members} />
      <div class="acts">
        <button type="button" class="button grave wide" onClick={() => void attempt(() => api.leave())}>
          {words.group.leave}
        </button>
      </div>
    </Dialog>
  );
}

function TitleForm({ api, title }: { api: ConversationApi; title: string }) {
  const { group } = useText();
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = typedInto(event.currentTarget, 'title').trim();
    if (wanted !== '' && wanted !== title) void attempt(() => api.rename(wanted));
  };
  return (
    <form class="inline-form" onSubmit={submit}>
      <input
        class="input"
        name="title"
        key={title}
        aria-label={group.title}
        defaultValue={title}
        maxLength={LIMITS.titleLength}
        autocomplete="off"
      />
      <button class="button">{group.rename}</button>
    </form>
  );
}

interface AddPeopleProps {
  api: ConversationApi;
  present: readonly string[];
  onDone: () => void;
}

function AddPeople({ api, present, onDone }: AddPeopleProps) {
  const { group } = useText();
  const [people, setPeople] = useState<User[]>([]);
  const add = async () => {
    if (await attempt(() => api.addMembers(people.map(({ id }) => id)))) onDone();
  };
  return (
    <div class="stack">
      <PeoplePicker chosen={people} onChange={setPeople} without={new Set(present)} />
      <button
        type="button"
        class="button primary wide"
        disabled={people.length === 0}
        onClick={() => void add()}
      >
        {group.add}
      </button>
    </div>
  );
}
