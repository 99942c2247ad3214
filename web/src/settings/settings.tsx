import { CHOSEN_STATUSES } from '@parley/protocol';
import { notificationPermission } from '../notifications';
import { useParley } from '../core/parley';
import { language, notifies, theme } from '../core/preferences';
import { attempt, tell } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { Dialog } from '../ui/dialog';
import { Choice } from './choice';
import { PasswordForm, ProfileForm } from './forms';
import { Sessions } from './sessions';

const LANGUAGES = [
  ['en', 'English'],
  ['zh', '中文'],
] as const;

/** Who I am here, how the page looks, and where else I am logged in. */
export function Settings({ onClose }: { onClose: () => void }) {
  const { logOut } = useParley();
  const { settings } = useText();
  const themes = Object.entries(settings.themes) as [keyof typeof settings.themes, string][];
  return (
    <Dialog title={settings.title} onClose={onClose}>
      <ProfileForm />
      <StatusChoice />
      <Choice
        label={settings.theme}
        values={themes}
        chosen={useStore(theme)}
        onChoose={(to) => theme.set(to)}
      />
      <Choice
        label={settings.language}
        values={LANGUAGES}
        chosen={useStore(language)}
        onChoose={(to) => language.set(to)}
      />
      <Notifications />
      <Sessions />
      <PasswordForm />
      <div class="acts">
        <button type="button" class="button grave wide" onClick={() => void logOut()}>
          {settings.logOut}
        </button>
      </div>
    </Dialog>
  );
}

function StatusChoice() {
  const { client } = useParley();
  const { settings, presence } = useText();
  const { status } = useStore(client.presence.of(client.userId ?? ''));
  const values = CHOSEN_STATUSES.map((each) => [each, presence[each]] as const);
  const chosen = CHOSEN_STATUSES.find((each) => each === status) ?? 'online';
  return (
    <Choice
      label={settings.status}
      values={values}
      chosen={chosen}
      onChoose={(to) => void attempt(() => client.presence.set(to))}
    />
  );
}

function Notifications() {
  const { settings } = useText();
  const isOn = useStore(notifies);
  const permission = notificationPermission();
  const change = async (on: boolean) => {
    if (on && (await Notification.requestPermission()) !== 'granted') return tell(settings.denied);
    notifies.set(on);
  };
  return (
    <label class="choice spread">
      {settings.notifications}
      <input
        type="checkbox"
        role="switch"
        checked={isOn && permission === 'granted'}
        disabled={permission === 'missing'}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
    </label>
  );
}
