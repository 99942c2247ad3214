import type { TargetedSubmitEvent } from 'preact';
import { useParley } from '../core/parley';
import { attempt, tell } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { Avatar } from '../ui/avatar';
import { Field } from '../ui/field';
import { typedInto } from '../ui/form';

type Submit = TargetedSubmitEvent<HTMLFormElement>;

/** What others see me as. */
export function ProfileForm() {
  const { account, client, me } = useParley();
  const { settings, acts } = useText();
  const { id, displayName, username } = useStore(me);
  const submit = (event: Submit) => {
    event.preventDefault();
    const wanted = typedInto(event.currentTarget, 'name').trim();
    if (wanted === '' || wanted === displayName) return;
    void attempt(async () => {
      const changed = await account.rename(wanted);
      me.set(changed);
      client.learn(changed);
    });
  };
  return (
    <div class="profile">
      <Avatar name={displayName} id={id} size="l" />
      <form class="inline-form" onSubmit={submit}>
        <input
          class="input"
          name="name"
          aria-label={settings.name}
          defaultValue={displayName}
          required
          maxLength={64}
          autocomplete="name"
        />
        <button class="button">{acts.save}</button>
      </form>
      <p class="quiet">@{username}</p>
    </div>
  );
}

export function PasswordForm() {
  const { account, me } = useParley();
  const { settings } = useText();
  const submit = (event: Submit) => {
    event.preventDefault();
    const form = event.currentTarget;
    void attempt(async () => {
      await account.changePassword({
        currentPassword: typedInto(form, 'current'),
        newPassword: typedInto(form, 'new'),
      });
      form.reset();
      tell(settings.changed);
    });
  };
  return (
    <details class="more">
      <summary>{settings.password}</summary>
      <form class="stack" onSubmit={submit}>
        {/* For what keeps passwords. */}
        <input
          class="unseen"
          name="username"
          autocomplete="username"
          value={me.getSnapshot().username}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <Field
          label={settings.current}
          name="current"
          type="password"
          autocomplete="current-password"
          required
        />
        <Field
          label={settings.new}
          name="new"
          type="password"
          autocomplete="new-password"
          minLength={8}
          required
        />
        <button class="button">{settings.password}</button>
      </form>
    </details>
  );
}
