import type { ConversationApi } from '@parley/client';
import type { Invite, InviteInput } from '@parley/protocol';
import type { TargetedSubmitEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { nameOf } from '../core/names';
import { inviteLink } from '../core/route';
import { attempt } from '../core/toasts';
import { fully } from '../i18n/format';
import { useText } from '../i18n/text';
import { typedInto } from '../ui/form';

const HOUR = 3_600;
/** Seconds; nothing is without an end. */
const TIMES = [HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR] as const;
const USUAL_TIME = TIMES[2];
const COUNTS = [1, 5, 10, 50, 100];

/** Links that bring people into a group: making one, and those that there are. */
export function Invites({ api }: { api: ConversationApi }) {
  const { invite } = useText();
  const [invites, setInvites] = useState<readonly Invite[]>([]);
  const [link, setLink] = useState('');
  const read = async () => setInvites(await api.invites());
  useEffect(() => void attempt(read), [api]);
  const make = (input: InviteInput) =>
    attempt(async () => {
      setLink(inviteLink((await api.invite(input)).token));
      await read();
    });
  const revoke = (id: string) =>
    attempt(async () => {
      await api.revokeInvite(id);
      setLink('');
      await read();
    });
  return (
    <details class="more">
      <summary>
        {invite.links} <span class="quiet">{invites.length || ''}</span>
      </summary>
      <div class="stack">
        <MakeLink onMake={make} />
        {link && <Link key={link} link={link} />}
        <ul class="people">
          {invites.map((each) => (
            <InviteLine key={each.id} invite={each} onRevoke={() => void revoke(each.id)} />
          ))}
        </ul>
      </div>
    </details>
  );
}

function MakeLink({ onMake }: { onMake: (input: InviteInput) => Promise<unknown> }) {
  const { invite } = useText();
  const [isBusy, setBusy] = useState(false);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const number = (name: string) => Number(typedInto(event.currentTarget, name)) || null;
    setBusy(true);
    void onMake({ expiresIn: number('time'), maxUses: number('count') }).then(() => setBusy(false));
  };
  return (
    <form class="invite-form" onSubmit={submit}>
      <label>
        <span class="quiet">{invite.time}</span>
        <select class="select" name="time">
          {TIMES.map((seconds) => (
            <option key={seconds} value={seconds} selected={seconds === USUAL_TIME}>
              {seconds < 24 * HOUR ? invite.hours(seconds / HOUR) : invite.days(seconds / HOUR / 24)}
            </option>
          ))}
          <option value="">{invite.forever}</option>
        </select>
      </label>
      <label>
        <span class="quiet">{invite.count}</span>
        <select class="select" name="count">
          <option value="">{invite.anybody}</option>
          {COUNTS.map((count) => (
            <option key={count} value={count}>
              {invite.people(count)}
            </option>
          ))}
        </select>
      </label>
      <button class="button wide" disabled={isBusy}>
        {invite.make}
      </button>
    </form>
  );
}

/** Shown in full as well: where the browser does not let the page copy, it is marked to be copied by hand. */
function Link({ link }: { link: string }) {
  const { invite } = useText();
  const [isCopied, setCopied] = useState(false);
  const ref = useRef<HTMLInputElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      ref.current?.select();
    }
  };
  return (
    <div>
      <div class="inline-form">
        <input
          ref={ref}
          class="input"
          readOnly
          value={link}
          aria-label={invite.link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button primary" onClick={() => void copy()}>
          {invite.copy}
        </button>
      </div>
      <p class="quiet" role="status">
        {isCopied ? invite.copied : invite.once}
      </p>
    </div>
  );
}

function InviteLine({ invite, onRevoke }: { invite: Invite; onRevoke: () => void }) {
  const words = useText();
  const { creator, expiresAt, maxUses, uses } = invite;
  const by = nameOf(creator, words);
  return (
    <li class="person">
      <span class="person-names">
        <span>{words.invite.used(uses, maxUses)}</span>
        <span class="quiet">
          {expiresAt === null ? words.invite.endless : words.invite.until(fully(expiresAt))}
        </span>
        <span class="quiet">{words.invite.madeBy(by)}</span>
      </span>
      <button type="button" class="button small" onClick={onRevoke}>
        {words.invite.revoke}
      </button>
    </li>
  );
}
