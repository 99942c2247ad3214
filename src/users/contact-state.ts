import type { ContactAction, ContactState } from '@parley/protocol';
import { DomainError } from '../common/domain-error';
import type { ContactEntity } from './contact.entity';

export type ContactRowState = ContactEntity['state'];

/** The two rows between me and somebody else; null where there is none. */
export interface ContactPair {
  readonly mine: ContactRowState | null;
  readonly theirs: ContactRowState | null;
}

/** What can be done to a pair: what a client asks for, and to remove whatever is not a block. */
export type ContactChange = ContactAction | 'remove';

const FRIENDS: ContactPair = { mine: 'accepted', theirs: 'accepted' };

/** How I see somebody. Being blocked looks like there being nothing. */
export function viewOf({ mine, theirs }: ContactPair): ContactState {
  if (mine === 'requested') return 'outgoing';
  if (mine) return mine;
  return theirs === 'requested' ? 'incoming' : 'none';
}

/** The same pair from the other side. */
export function turned({ mine, theirs }: ContactPair): ContactPair {
  return { mine: theirs, theirs: mine };
}

/** The pair after my change; the same one when there is nothing to change. */
export function changed(pair: ContactPair, change: ContactChange): ContactPair {
  const next = apply(pair, change);
  return next.mine === pair.mine && next.theirs === pair.theirs ? pair : next;
}

function apply(pair: ContactPair, change: ContactChange): ContactPair {
  const { mine, theirs } = pair;
  switch (change) {
    case 'request':
      return requested(pair);
    case 'accept':
      return accepted(pair);
    case 'decline':
      return viewOf(pair) === 'incoming' ? { mine, theirs: null } : pair;
    case 'block':
      if (mine === 'blocked') return pair;
      return { mine: 'blocked', theirs: theirs === 'blocked' ? theirs : null };
    case 'unblock':
      return mine === 'blocked' ? { mine: null, theirs } : pair;
    case 'remove':
      if (mine === 'blocked') return pair;
      return { mine: null, theirs: theirs === 'blocked' ? theirs : null };
  }
}

/**
 * A request to who blocked me is stored like any, so that it looks like any to me; to them it is hidden
 * by their block, and comes to light as a request should they lift it.
 */
function requested(pair: ContactPair): ContactPair {
  if (pair.mine === 'blocked') throw new DomainError('blocked', 'You have blocked this user; unblock first.');
  if (pair.mine) return pair;
  return pair.theirs === 'requested' ? FRIENDS : { mine: 'requested', theirs: pair.theirs };
}

function accepted(pair: ContactPair): ContactPair {
  if (pair.mine === 'accepted') return pair;
  if (pair.mine === 'blocked') throw new DomainError('blocked', 'You have blocked this user; unblock first.');
  if (pair.theirs !== 'requested') throw new DomainError('contact_not_found');
  return FRIENDS;
}
