import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { invited } from '../core/route';
import { reasonOf } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { Field } from '../ui/field';
import { typedInto } from '../ui/form';
import { Logo } from '../ui/icon';
import { logIn, register } from './session';

/** For who is not logged in. */
export function Login({ hasEnded }: { hasEnded: boolean }) {
  const { login } = useText();
  const isInvited = useStore(invited) !== null;
  // Who follows an invite and is not logged in is most likely new.
  const [isNew, setNew] = useState(isInvited && !hasEnded);
  const [complaint, setComplaint] = useState('');
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const username = typedInto(form, 'username').trim().toLowerCase();
    const password = typedInto(form, 'password');
    const displayName = typedInto(form, 'displayName').trim();
    setBusy(true);
    setComplaint('');
    try {
      if (isNew) await register({ username, password, displayName: displayName || username });
      else await logIn(username, password);
    } catch (error) {
      setComplaint(reasonOf(error));
      setBusy(false);
    }
  };

  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void submit(event)} aria-labelledby="login-title">
        <Brand />
        <h1 id="login-title">{isNew ? login.register : login.title}</h1>
        <p class="quiet">{isInvited ? login.invited : hasEnded && !isNew ? login.ended : login.lead}</p>
        <Field
          label={login.username}
          hint={isNew ? login.usernameHint : ''}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          minLength={isNew ? 3 : 1}
          maxLength={32}
        />
        {isNew && <Field label={login.displayName} name="displayName" autocomplete="name" maxLength={64} />}
        <Password isNew={isNew} />
        <p class="complaint" role="alert">
          {complaint}
        </p>
        <button class="button primary wide" disabled={isBusy}>
          {isNew ? login.create : login.logIn}
        </button>
        <button type="button" class="link" onClick={() => (setNew(!isNew), setComplaint(''))}>
          {isNew ? login.toLogIn : login.toRegister}
        </button>
      </form>
    </main>
  );
}

function Brand() {
  return (
    <div class="login-brand">
      <Logo />
      <span>Parley</span>
    </div>
  );
}

function Password({ isNew }: { isNew: boolean }) {
  const { login } = useText();
  return (
    <Field
      label={login.password}
      hint={isNew ? login.passwordHint : ''}
      name="password"
      type="password"
      autocomplete={isNew ? 'new-password' : 'current-password'}
      required
      minLength={isNew ? 8 : 1}
    />
  );
}
