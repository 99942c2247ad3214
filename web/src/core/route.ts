import { Cell } from './cell';

/** Which conversation is shown; the address has it after the #, so that a reload and "back" find it. */
export const route = new Cell<string | null>(conversation());

/** The token of an invite that is being looked at; it waits for who has to log in first. */
export const invited = new Cell<string | null>(token());

addEventListener('hashchange', () => {
  route.set(conversation());
  invited.set(token());
});

/** Shows a conversation; null: the list alone, as narrow screens show it. */
export function show(conversationId: string | null): void {
  location.hash = addressOf(conversationId);
  // At once: the event comes later.
  route.set(conversationId);
  invited.set(null);
}

/** Ends looking at an invite, whose token stays in no list of visited pages. */
export function leaveInvite(conversationId: string | null): void {
  history.replaceState(null, '', `#${addressOf(conversationId)}`);
  route.set(conversationId);
  invited.set(null);
}

/** The link of an invite: what is after the # is sent to no server. */
export function inviteLink(inviteToken: string): string {
  return `${location.origin}${location.pathname}#/invite/${inviteToken}`;
}

function addressOf(conversationId: string | null): string {
  return conversationId === null ? '' : `/c/${conversationId}`;
}

function conversation(): string | null {
  return /^#\/c\/([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? null;
}

function token(): string | null {
  // Whatever it is: a link that has lost its end is to be told so.
  return /^#\/invite\/(.+)$/.exec(location.hash)?.[1] ?? null;
}
