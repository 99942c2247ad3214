import type { Readable } from '@parley/client';
import { useLayoutEffect, useReducer } from 'preact/hooks';

/** The value of a store; renders again when it changes. */
export function useStore<T>(store: Readable<T>): T {
  const [, renderAgain] = useReducer((count: number, _: void) => count + 1, 0);
  const value = store.getSnapshot();
  useLayoutEffect(() => {
    // It may have changed between the rendering and now; and what is read on demand begins with a subscription.
    const end = store.subscribe(() => renderAgain());
    if (store.getSnapshot() !== value) renderAgain();
    return end;
  }, [store]);
  return value;
}
