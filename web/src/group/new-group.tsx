import { LIMITS, type User } from '@parley/protocol';
import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { show } from '../core/route';
import { attempt } from '../core/toasts';
import { useText } from '../i18n/text';
import { Dialog } from '../ui/dialog';
import { Field } from '../ui/field';
import { typedInto } from '../ui/form';
import { PeoplePicker } from './people-picker';

export function NewGroup({ onClose }: { onClose: () => void }) {
  const { client } = useParley();
  const { group } = useText();
  const [people, setPeople] = useState<User[]>([]);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const draft = {
      title: typedInto(form, 'title').trim(),
      historyVisible: typedInto(form, 'history') !== '',
      memberIds: people.map(({ id }) => id),
    };
    setBusy(true);
    void attempt(async () => {
      show((await client.createGroup(draft)).id);
      onClose();
    }).then(() => setBusy(false));
  };
  return (
    <Dialog title={group.new} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <Field label={group.title} name="title" required maxLength={LIMITS.titleLength} autocomplete="off" />
        <PeoplePicker chosen={people} onChange={setPeople} />
        <label class="choice">
          <input type="checkbox" name="history" /> {group.history}
        </label>
        <button class="button primary wide" disabled={isBusy}>
          {group.create}
        </button>
      </form>
    </Dialog>
  );
}
