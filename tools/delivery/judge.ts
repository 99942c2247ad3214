import type { Message, SystemEntry } from '@parley/protocol';
import { isDeepStrictEqual } from 'node:util';
import type { Findings } from './findings';
import type { Afflictions } from './afflictions';
import type { Block, Ledger, Sending } from './ledger';
import type { Sighting, Sightings } from './sightings';
import type { TrueConversation, Truth } from './truth';

/** Who has been taken out must not be pushed anything after so long. */
const GRACE_MS = 1_000;
/** What tells no time of its own may have been under way for so long. */
const UNDER_WAY_MS = 10_000;

/** Whether what was acknowledged is there, as it was acknowledged. */
export function judgeLedger(ledger: Ledger, truth: Truth, findings: Findings): void {
  const hidden = new Set(ledger.hidden.map(({ id }) => id));
  for (const [id, sending] of ledger.sendings) {
    if (truth.isWhole || isSeen(sending, truth, hidden.has(id))) judgeSending(id, sending, truth, findings);
  }
  for (const answer of ledger.answers.values()) judgeAnswer(answer, truth, findings);
  for (const { conversationId, userId, readSeq, deliveredSeq } of ledger.cursors.values()) {
    const member = truth.get(conversationId)?.members.get(userId);
    if (!member || (member.readSeq >= readSeq && member.deliveredSeq >= deliveredSeq)) continue;
    const acked = `read ${readSeq}, delivered ${deliveredSeq}`;
    const there = `read ${member.readSeq}, delivered ${member.deliveredSeq}`;
    findings.add('lost', `cursors of ${userId} in ${conversationId}: acknowledged ${acked}, there ${there}`);
  }
  for (const id of ledger.groups)
    if (truth.isWhole && !truth.has(id)) findings.add('lost', `group ${id} was made and is not there`);
  for (const { userId, conversationId, id } of ledger.hidden) {
    const conversation = truth.get(conversationId);
    if (!truth.isWhole || !conversation || conversation.hidden.get(userId)?.has(id)) continue;
    findings.add('lost', `message ${id} of ${conversationId}, deleted by ${userId} for themselves, is shown`);
  }
  for (const { conversationId, title } of ledger.titles) {
    const conversation = truth.get(conversationId);
    if (!truth.isWhole || !conversation || entriesOf(conversation, title).length > 0) continue;
    findings.add('lost', `the title "${title}" of ${conversationId} was acknowledged and has no entry`);
  }
}

/** Whether messages are numbered without a gap, and nothing is there twice. */
export function judgeNumbers(truth: Truth, findings: Findings): void {
  // What all have deleted for themselves is in none of their clients.
  if (!truth.isWhole) return;
  const places = new Map<string, string>();
  for (const conversation of truth.values()) {
    let expected = 1;
    for (const { id, seq } of [...conversation.messages.values()].sort((a, b) => a.seq - b.seq)) {
      const where = `message ${id} (seq ${seq}) of ${conversation.id}`;
      if (seq > expected) findings.add('gaps', `${where} follows seq ${expected - 1}`);
      if (seq < expected) findings.add('duplicated', `${where} has a seq that is taken`);
      const earlier = places.get(id);
      if (earlier) findings.add('duplicated', `${where} is also in ${earlier}`);
      places.set(id, conversation.id);
      expected = Math.max(expected, seq + 1);
    }
    if (expected !== conversation.lastSeq + 1 && conversation.messages.size > 0) {
      findings.add(
        'gaps',
        `${conversation.id} says seq ${conversation.lastSeq}, and its last message has ${expected - 1}`,
      );
    }
    judgeTitles(conversation, findings);
  }
}

/** Whether somebody was pushed what happened after they had been taken out, and before they came back. */
export function judgePermission(
  sightings: Sightings,
  truth: Truth,
  userIds: readonly string[],
  findings: Findings,
): void {
  for (const conversation of truth.values()) {
    if (conversation.kind !== 'group') continue;
    for (const userId of userIds) {
      const absences = absencesOf(conversation, userId);
      if (absences.length === 0) continue;
      for (const sighting of sightings.of(userId, conversation.id)) {
        const absence = absences.find((each) => isWithin(sighting, each));
        if (!absence) continue;
        const { event, message, at } = sighting;
        const what = `${event}${message ? ` of seq ${message.seq}` : ''} in ${conversation.id}`;
        const out = `was out from seq ${absence.from} (${time(absence.goneAt)}) to ${absence.to}`;
        findings.add('forbidden', `${what} was pushed to ${userId} at ${time(at)}, who ${out}`);
      }
    }
  }
}

/** Whether something was written directly to each other by two of whom one had blocked the other. */
export function judgeBlocks(
  blocks: readonly Block[],
  truth: Truth,
  afflictions: Afflictions,
  findings: Findings,
): void {
  for (const { kind, members, messages, id: conversationId } of truth.values()) {
    const between = blocks.filter(({ userId, peerId }) => members.has(userId) && members.has(peerId));
    if (kind !== 'direct' || between.length === 0) continue;
    for (const { id, createdAt } of messages.values()) {
      const at = Date.parse(createdAt);
      const block = between.find(({ from, to }) => at > from + GRACE_MS && at < to);
      // What was let in before may be stored after a server, or its database, has stood still.
      if (!block || afflictions.mayStall(at)) continue;
      const blocked = `${block.userId} had blocked ${block.peerId} since ${time(block.from)}`;
      findings.add('forbidden', `message ${id} of ${conversationId} is from ${time(at)}, and ${blocked}`);
    }
  }
}

function judgeSending(id: string, { input, userId, acked }: Sending, truth: Truth, findings: Findings): void {
  if (!acked) return;
  const what = `message ${id} of ${userId}, acknowledged as seq ${acked.seq} of ${acked.conversationId},`;
  const stored = truth.get(acked.conversationId)?.messages.get(id);
  if (!stored) findings.add('lost', `${what} is not there`);
  else if (stored.seq !== acked.seq) findings.add('lost', `${what} has seq ${stored.seq}`);
  else if (stored.senderId !== userId) findings.add('lost', `${what} is by ${stored.senderId}`);
  else if (stored.editedAt === null && stored.deletedAt === null && stored.text !== input.text) {
    findings.add('lost', `${what} says "${stored.text}" instead of "${input.text}"`);
  }
}

/** Whether somebody who is there now must see it, unless they have deleted it for themselves. */
function isSeen({ acked }: Sending, truth: Truth, isHidden: boolean): boolean {
  if (!acked || isHidden) return false;
  const conversation = truth.get(acked.conversationId);
  return conversation !== undefined && acked.seq > conversation.knownFrom;
}

/** An answer is the message as it was at its version: what is there now is that, or later. */
function judgeAnswer(answer: Message, truth: Truth, findings: Findings): void {
  const { id, conversationId, version } = answer;
  const stored = truth.get(conversationId)?.messages.get(id);
  if (!stored) return; // a sending that is not there is told already
  const what = `message ${id} (seq ${stored.seq}) of ${conversationId}, answered with version ${version},`;
  if (stored.version < version) findings.add('lost', `${what} has version ${stored.version}`);
  else if (stored.version === version && !isDeepStrictEqual({ ...answer, quote: null }, stored)) {
    findings.add(
      'lost',
      `${what} is not what was answered: ${JSON.stringify(answer)}, but ${JSON.stringify(stored)}`,
    );
  }
}

/** Set once more after somebody else has set another one, as a late retry does, it has another entry. */
function judgeTitles(conversation: TrueConversation, findings: Findings): void {
  let before: string | undefined;
  for (const { metadata } of conversation.messages.values()) {
    if (metadata?.type !== 'title.changed') continue;
    const title = String(metadata.title);
    if (title === before)
      findings.add('duplicated', `the title "${title}" of ${conversation.id} has two entries`);
    before = title;
  }
}

function entriesOf({ messages, title }: TrueConversation, wanted: string): Message[] {
  const isIt = (message: Message) =>
    message.metadata?.type === 'title.changed' && message.metadata.title === wanted;
  const found = [...messages.values()].filter(isIt);
  // Set to what it was already: nothing changes, and there is no entry.
  return found.length === 0 && title === wanted ? [...messages.values()].slice(0, 1) : found;
}

interface Absence {
  /** Seqs of the entries with which they went and came back. */
  from: number;
  to: number;
  /** When that was, in ms since 1970. */
  goneAt: number;
  backAt: number;
}

function absencesOf({ messages }: TrueConversation, userId: string): Absence[] {
  const absences: Absence[] = [];
  for (const { kind, metadata, seq, createdAt } of messages.values()) {
    if (kind !== 'system') continue;
    const entry = metadata as unknown as SystemEntry;
    const went = (entry.type === 'member.left' || entry.type === 'member.removed') && entry.userId === userId;
    const came = entry.type === 'member.added' && entry.userIds.includes(userId);
    if (went) absences.push({ from: seq, to: Infinity, goneAt: Date.parse(createdAt), backAt: Infinity });
    const last = absences.at(-1);
    if (came && last?.to === Infinity) Object.assign(last, { to: seq, backAt: Date.parse(createdAt) });
  }
  return absences;
}

/** A new message tells by its own time when it was sent to them; of anything else its arrival is known. */
function isWithin({ event, message, at }: Sighting, { from, to, goneAt, backAt }: Absence): boolean {
  if (message) return message.seq > from && message.seq < to && message.createdAt > goneAt + GRACE_MS;
  return event !== 'conversation.removed' && at > goneAt + GRACE_MS + UNDER_WAY_MS && at < backAt;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
