import type { ParleySocket } from '@parley/client';
import { uuidv7 } from 'uuidv7';
import type { BenchServer } from './bench-server';
import type { Figures } from './figures';
import { atRate, oneByOne } from './measure';
import type { Person } from './person';

/** Somebody who writes to a conversation, and a member who reads it, both connected. */
export interface Pair {
  server: BenchServer;
  conversationId: string;
  writer: ParleySocket;
  reader: ParleySocket;
  readerAsPerson: Person;
}

export interface Effort {
  sends: number;
  reads: number;
}

const SENDS_PER_SECOND = 100;
const PAGE = 50;
/** What is left unread: as much as after an hour in a busy group. */
const UNREAD = 30;

export function send({ writer, conversationId }: Pick<Pair, 'writer' | 'conversationId'>) {
  const text = 'What a message says most often is short';
  return writer.request('message.send', { conversationId, id: uuidv7(), text });
}

/** Measures what one more message costs, one person writing at a fixed rate. */
export async function measureSends(
  pair: Pair,
  figures: Figures,
  size: number,
  effort: Effort,
): Promise<void> {
  const cost = await atRate(pair.server, { perSecond: SENDS_PER_SECOND, count: effort.sends }, () =>
    send(pair),
  );
  figures.addCost('send', size, cost, [0.5, 0.95, 0.99]);
  figures.add('send WAL', 'B', size, cost.wal);
}

/** Measures what it costs to catch up and to read. */
export async function measureReads(
  pair: Pair,
  figures: Figures,
  size: number,
  effort: Effort,
): Promise<void> {
  const { server, conversationId, reader, readerAsPerson } = pair;
  const rest = (path: string) => readerAsPerson.rest.call('GET', `/v1${path}`);
  const conversation = `/conversations/${conversationId}`;
  const { cursor: before } = await reader.request('sync', {});
  const { message } = await send(pair);
  const seq = message.seq;
  await reader.request('receipt.read', { conversationId, seq: Math.max(0, seq - UNREAD) });
  const { cursor, conversations } = await reader.request('sync', { cursor: before });
  const { conversations: none } = await reader.request('sync', { cursor });
  if (conversations.length !== 1 || none.length !== 0) throw new Error('sync does not tell what has changed');
  const since = { conversationId, afterVersion: message.version - 1, afterSeq: seq - 1 };
  const history = `${conversation}/messages?limit=${PAGE}`;
  const reads: [name: string, read: () => Promise<unknown>][] = [
    ['sync, nothing new', () => reader.request('sync', { cursor })],
    ['sync, one changed', () => reader.request('sync', { cursor: before })],
    ['changes, 1 new', () => reader.request('changes', since)],
    ['newest page', () => rest(history)],
    ['middle page', () => rest(`${history}&before=${Math.max(PAGE, Math.floor(seq / 2))}`)],
    ['unread', () => rest(`${conversation}/unread`)],
    ['list', () => rest('/conversations')],
  ];
  for (const [name, read] of reads) figures.addCost(name, size, await oneByOne(server, effort.reads, read));
}
