import { DomainError } from '../common/domain-error';
import { decodeCursor, encodeCursor, UUID_PATTERN } from '../common/pagination';
import type { Mark } from './sync-epochs';

/** Where the next page of a sync begins: after a conversation, by when it last changed (microseconds). */
export interface Place {
  activeAt: string;
  id: string;
}

/** What a client hands in to go on. */
export interface SyncCursor {
  /** What it has seen already; everything from there on is new. */
  since: Mark;
  /** Within a sync of several pages: its first page's mark, which the next sync goes on from, and the place. */
  page: { through: Mark; place: Place } | null;
}

const EPOCH = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9A-F]{8}(-\d{1,20}){3}$/;
const NUMBER = /^\d{1,16}$/;

export function encodeSyncCursor({ since, page }: SyncCursor): string {
  if (!page) return `s${encodeCursor(since.epoch, since.xid)}`;
  const { through, place } = page;
  return `p${encodeCursor(since.epoch, since.xid, through.epoch, through.xid, place.activeAt, place.id)}`;
}

/** Rejects what is no cursor with `cursor_invalid`; whether it is one of this database is asked elsewhere. */
export function decodeSyncCursor(text: string): SyncCursor {
  const isPage = text.startsWith('p');
  if (!isPage && !text.startsWith('s')) throw new DomainError('cursor_invalid');
  const patterns = isPage ? [EPOCH, NUMBER, EPOCH, NUMBER, NUMBER, UUID_PATTERN] : [EPOCH, NUMBER];
  const [epoch = '', xid, throughEpoch = '', throughXid, activeAt = '', id = ''] = decodeCursor(
    text.slice(1),
    patterns,
  );
  const since = { epoch, xid: Number(xid) };
  if (!isPage) return { since, page: null };
  return {
    since,
    page: { through: { epoch: throughEpoch, xid: Number(throughXid) }, place: { activeAt, id } },
  };
}
