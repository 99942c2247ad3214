import type { Contacts, ParleyClient, Users } from '@parley/client';
import { createContext, createElement, type ReactNode, useContext, useMemo } from 'react';

/** What the hooks work with: the client and, where they are used, what is built on it. */
export interface Parley {
  readonly client: ParleyClient;
  readonly users?: Users;
  readonly contacts?: Contacts;
}

const Context = createContext<Parley | null>(null);

/** Hands a client to the hooks in its children; starting and stopping it is the app's. */
export function ParleyProvider({ children, ...parley }: Parley & { readonly children?: ReactNode }) {
  return createElement(Context.Provider, { value: useStable(parley) }, children);
}

/** What the provider was given. */
export function useParley(): Parley {
  const parley = useContext(Context);
  if (!parley) throw new Error('unable to find the client; there is no <ParleyProvider> above');
  return parley;
}

// A new object for each rendering would render every hook again.
function useStable({ client, users, contacts }: Parley): Parley {
  return useMemo(() => ({ client, users, contacts }), [client, users, contacts]);
}
