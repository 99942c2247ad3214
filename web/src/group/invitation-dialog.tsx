import { Invitation, ParleyError } from '@parley/client';
import { INVITE_FLAWS, type InvitePreview } from '@parley/protocol';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { nameOf } from '../core/names';
import { useParley } from '../core/parley';
import { leaveInvite } from '../core/route';
import { reasonOf } from '../core/toasts';
import { text, useText } from '../i18n/text';
import { Avatar } from '../ui/avatar';
import { Dialog } from '../ui/dialog';

/** The group of a link that somebody has opened; who is in it already goes there at once. */
export function InvitationDialog({ token }: { token: string }) {
  const { client } = useParley();
  const { acts, chat, invite } = useText();
  const invitation = useMemo(() => new Invitation(client, token), [client, token]);
  const [shown, setShown] = useState<InvitePreview | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const look = async () => {
    const preview = await invitation.preview();
    if (preview.conversationId !== null) leaveInvite(preview.conversationId);
    else setShown(preview);
  };
  const join = async () => {
    setBusy(true);
    leaveInvite((await invitation.accept()).id);
  };
  const attempt = (work: () => Promise<void>) => {
    setFailed(null);
    void work().catch((error: unknown) => (setFailed(error), setBusy(false)));
  };
  useEffect(() => attempt(look), [invitation]);
  return (
    <Dialog title={invite.title} onClose={() => leaveInvite(null)}>
      <div aria-live="polite">{shown ? <Group {...shown} /> : !failed && <p>{chat.loading}</p>}</div>
      <p class="complaint" role="alert">
        {failed !== null && whyNot(failed)}
      </p>
      {shown && !failed && <Join isBusy={isBusy} onJoin={() => attempt(join)} />}
      {failed instanceof ParleyError && failed.retryable && (
        <button type="button" class="button wide" onClick={() => attempt(shown ? join : look)}>
          {acts.retry}
        </button>
      )}
    </Dialog>
  );
}

function Group({ title, memberCount, historyVisible, creator }: InvitePreview) {
  const words = useText();
  const name = title || words.group.new;
  return (
    <div class="profile">
      <Avatar name={name} id={name} size="l" />
      <h3>
        <bdi>{name}</bdi>
      </h3>
      <p class="quiet">{words.chat.members(memberCount)}</p>
      <p>{words.invite.from(nameOf(creator, words))}</p>
      {historyVisible && <p class="quiet">{words.invite.history}</p>}
    </div>
  );
}

/** Has the focus as soon as it is there: it is what one has come for. */
function Join({ isBusy, onJoin }: { isBusy: boolean; onJoin: () => void }) {
  const { invite } = useText();
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return (
    <button ref={ref} type="button" class="button primary wide" disabled={isBusy} onClick={onJoin}>
      {invite.join}
    </button>
  );
}

function whyNot(error: unknown): string {
  const { invite } = text();
  if (!(error instanceof ParleyError)) return reasonOf(error);
  const { code, details } = error;
  if (code === 'invite_invalid')
    return invite.flaws[INVITE_FLAWS.find((flaw) => flaw === details?.reason) ?? 'unknown'];
  return code === 'forbidden' ? invite.removed : reasonOf(error);
}
