import type { Session } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { attempt } from '../core/toasts';
import { shortly } from '../i18n/format';
import { useText } from '../i18n/text';

/** Where I am logged in; each device but this one can be logged out. */
export function Sessions() {
  const { account } = useParley();
  const { settings } = useText();
  const [sessions, setSessions] = useState<readonly Session[]>([]);
  const read = async () => setSessions(await account.sessions());
  useEffect(() => void attempt(read), [account]);
  const end = (id: string) =>
    attempt(async () => {
      await account.endSession(id);
      await read();
    });
  return (
    <details class="more">
      <summary>
        {settings.sessions} <span class="quiet">{sessions.length || ''}</span>
      </summary>
      <ul class="people">
        {sessions.map(({ id, deviceName, lastUsedAt, current }) => (
          <li class="person" key={id}>
            <span class="person-names">
              <bdi class="line-title">{deviceName ?? settings.unnamed}</bdi>
              <span class="quiet">
                {current ? settings.thisDevice : settings.lastUsed(shortly(lastUsedAt))}
              </span>
            </span>
            {!current && (
              <button type="button" class="button small" onClick={() => void end(id)}>
                {settings.end}
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
