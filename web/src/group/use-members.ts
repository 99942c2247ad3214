import type { ConversationApi, ConversationState } from '@parley/client';
import type { MemberProfile } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useParley } from '../core/parley';
import { attempt } from '../core/toasts';
import { useStore } from '../core/use-store';

const PAGE = 100;

export interface MemberPages {
  readonly all: readonly MemberProfile[];
  /** Reads the next page; null when there is none. */
  readonly more: (() => void) | null;
}

/** Members with their names and roles, page by page; read anew when somebody comes, goes or changes. */
export function useMembers(api: ConversationApi, state: ConversationState): MemberPages {
  const { client } = useParley();
  const [pages, setPages] = useState<{ all: readonly MemberProfile[]; cursor: string | null }>({
    all: [],
    cursor: null,
  });
  const held = useStore(client.conversation(state.id).members);
  const changes = held.map(({ userId, role }) => userId + role).join();
  useEffect(() => {
    let isWanted = true;
    void attempt(async () => {
      const { items, cursor } = await api.listMembers({ limit: PAGE });
      if (isWanted) setPages({ all: items, cursor });
    });
    return () => void (isWanted = false);
  }, [api, state.memberCount, changes]);
  const { all, cursor } = pages;
  const readOn = async () => {
    const page = await api.listMembers({ limit: PAGE, ...(cursor !== null && { cursor }) });
    setPages({ all: [...all, ...page.items], cursor: page.cursor });
  };
  return { all, more: cursor === null ? null : () => void attempt(readOn) };
}
