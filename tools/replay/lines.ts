import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { Refusal } from '../support/refusal';

/** One line of a recorded conversation. */
export interface Line {
  /** What it belongs to: a day of a channel, or a dialogue of two. */
  conversation: string;
  kind: 'group' | 'direct';
  /** Who said it, came or went. */
  person: string;
  act: { say: string } | 'joined' | 'left';
}

export interface Selection {
  /** Begins with this day, or the next one there is; or with this dialogue. */
  from?: string | undefined;
  /** Lines to read, at most. */
  lines?: number | undefined;
}

/** Reads a recording, as it is or gzipped. */
export async function readLines(file: string, { from, lines: limit }: Selection = {}): Promise<Line[]> {
  const text = await readText(file).catch((error: unknown) => Promise.reject(unreadable(file, error)));
  const begun = startingAt(from);
  const lines: Line[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    if (lines.length === limit) break;
    if (row.trim() === '') continue;
    const line = parseLine(row);
    if (!line) throw new Refusal(`Line ${index + 1} of ${file} is no line of a recorded conversation.`);
    if (begun(line)) lines.push(line);
  }
  if (lines.length === 0) throw new Refusal(`There is nothing in ${file}${from ? ` from ${from} on` : ''}.`);
  return lines;
}

/** A line of either recording; null when it is of none. */
export function parseLine(text: string): Line | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const line = value as Record<string, unknown>;
  return 'dialogue' in line ? ofDialogue(line) : ofChannel(line);
}

// {day, time, nick, text} or {day, nick, event}
function ofChannel({ day, nick, text, event }: Record<string, unknown>): Line | null {
  if (typeof day !== 'string' || typeof nick !== 'string') return null;
  const place = { conversation: day, kind: 'group' as const, person: nick };
  if (event === 'joined' || event === 'left') return { ...place, act: event };
  return typeof text === 'string' ? { ...place, act: { say: text } } : null;
}

// {dialogue, turn, from: usr|sys, text}
function ofDialogue({ dialogue, from, text }: Record<string, unknown>): Line | null {
  if (typeof dialogue !== 'string' || typeof from !== 'string' || typeof text !== 'string') return null;
  return { conversation: dialogue, kind: 'direct', person: `${from} ${dialogue}`, act: { say: text } };
}

function startingAt(from: string | undefined): (line: Line) => boolean {
  let begun = from === undefined;
  return ({ kind, conversation }) => {
    begun ||= conversation === from || (kind === 'group' && from !== undefined && conversation > from);
    return begun;
  };
}

const GZIP = Buffer.from([0x1f, 0x8b]);

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  return (bytes.subarray(0, GZIP.length).equals(GZIP) ? gunzipSync(bytes) : bytes).toString();
}

function unreadable(file: string, error: unknown): Refusal {
  const { code, message } = error as NodeJS.ErrnoException;
  return new Refusal(code === 'ENOENT' ? `There is no file ${file}.` : `Cannot read ${file}: ${message}.`);
}
