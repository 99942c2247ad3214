import {
  browserTabs,
  Contacts,
  indexedDbStorage,
  keepIn,
  type KeptSession,
  longPolling,
  ParleyAccount,
  ParleyClient,
  Users,
} from '@parley/client';
import type { Me } from '@parley/protocol';
import { Cell, readKept, writeKept } from '../core/cell';
import { Drafts } from '../core/drafts';
import type { Parley } from '../core/parley';
import { invited, show } from '../core/route';

/** Who uses the page. */
export type Session =
  | { readonly is: 'beginning' }
  | { readonly is: 'out'; readonly hasEnded: boolean }
  | { readonly is: 'in'; readonly parley: Parley };

const url = location.origin;
/** Who is logged in, for all tabs; tokens are in a cookie and in memory. */
const SESSION = 'parley.session';
/** Set by who has logged out while the server could not be reached: it is told as soon as it can be. */
const LEAVING = 'parley.leaving';

const isSession = (value: unknown): value is KeptSession =>
  typeof value === 'object' && value !== null && 'sessionId' in value && 'user' in value;

const readSession = () =>
  readKept<KeptSession | null>(SESSION, null, (value) => value === null || isSession(value));

const account = new ParleyAccount({
  url,
  store: { read: readSession, write: (kept) => writeKept(SESSION, kept) },
  cookie: true,
});

export const session = new Cell<Session>({ is: 'beginning' });

/** Goes on as who was logged in before a reload. */
export async function begin(): Promise<void> {
  // Not waited for: the server may be away still.
  void finishLeaving();
  const me = isLeaving() ? null : await account.current();
  if (me) await enter(me);
  else session.set({ is: 'out', hasEnded: false });
}

export async function logIn(username: string, password: string): Promise<void> {
  await finishLeaving();
  await enter(await account.logIn({ username, password, deviceName: deviceName() }));
}

export async function register(input: { username: string; password: string; displayName: string }) {
  await finishLeaving();
  await enter(await account.register({ ...input, deviceName: deviceName() }));
}

const isLeaving = () => readKept(LEAVING, false, (value): value is boolean => value === true);

/** Logs out; what the server could not be told is told by `finishLeaving`. */
async function leaveAccount(): Promise<void> {
  const kept = readSession();
  const hasEnded = await account.logOut();
  writeKept(LEAVING, hasEnded ? null : true);
  if (!hasEnded) writeKept(SESSION, kept);
}

let finishing: Promise<void> | null = null;

async function finishLeaving(): Promise<void> {
  if (isLeaving()) finishing ??= leaveAccount().finally(() => (finishing = null));
  await finishing;
}

async function enter(me: Me): Promise<void> {
  writeKept(LEAVING, null);
  const client = new ParleyClient({
    url,
    userId: me.id,
    getToken: account.getToken,
    // Each person's apart: what is held of one is not looked at by another.
    storage: keepIn(indexedDbStorage({ name: `parley-${me.id}` })),
    tabs: browserTabs({ name: `parley-${me.id}` }),
    fallback: longPolling,
  });
  const drafts = new Drafts(me.id);
  const left = new AbortController();
  const leave = async (hasEnded: boolean) => {
    if (left.signal.aborted) return;
    left.abort();
    // Nothing of theirs stays in the browser.
    await client.forget().catch(() => undefined);
    await client.stop();
    drafts.forget();
    if (hasEnded) writeKept(SESSION, null);
    else await leaveAccount();
    // An invite waits for who logs in next.
    if (invited.getSnapshot() === null) show(null);
    session.set({ is: 'out', hasEnded });
  };
  client.on('stopped', ({ error: { code } }) => {
    if (code === 'session_revoked' || code === 'logged_out') void leave(true);
  });
  const otherTab = ({ key }: StorageEvent) => {
    // It has logged out, or somebody else in.
    if (key === SESSION && readSession()?.user.id !== me.id) location.reload();
  };
  addEventListener('storage', otherTab, { signal: left.signal });
  await client.start();
  const parley = {
    ...{ account, client, drafts, me: new Cell(me) },
    ...{ users: new Users(client), contacts: new Contacts(client) },
    logOut: () => leave(false),
  };
  client.learn(me);
  session.set({ is: 'in', parley });
}

/** For the list of sessions: browser and system, as far as they tell. */
function deviceName(): string {
  // In this order: most browsers name others too.
  const named = (names: string[]) => names.find((name) => navigator.userAgent.includes(name));
  const browser = named(['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari']) ?? 'Browser';
  const system = named(['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS X', 'Linux']);
  return [browser.replace('Edg', 'Edge').replace('OPR', 'Opera'), system].filter(Boolean).join(', ');
}
