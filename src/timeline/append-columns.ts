import type { CustomTypesConfig } from 'pg';
import type { NewMessage } from './new-message';

// pg makes array parameters element by element, with two regular expressions each, and reads results through
// a parser per column: of a message that was a third of what sending it cost. What is known of these columns,
// that an id needs no quotes say, is used here.

/** Results as PostgreSQL writes them. */
export const AS_TEXT: CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** An array whose elements need no quotes: ids and numbers. */
export function arrayOf(elements: readonly (string | number)[]): string {
  return `{${elements.join(',')}}`;
}

/** The parameters of the append, as PostgreSQL reads arrays. A shorter one is filled up with nulls by unnest. */
export function toColumns(messages: readonly NewMessage[]): string[] {
  return [
    arrayOf(messages.map((m) => m.conversationId)),
    arrayOf(messages.map((m) => m.id)),
    arrayOf(messages.map((m) => m.senderId)),
    arrayOf(messages.map((m) => quoted(m.kind))),
    arrayOf(messages.map((m) => quoted(m.text))),
    optional(messages, (m) => m.metadata && quoted(JSON.stringify(m.metadata))),
    optional(messages, (m) => (m.mentions.length > 0 ? `"{${m.mentions.join(',')}}"` : null)),
    arrayOf(messages.map((m) => `"\\\\x${m.requestHash}"`)),
    arrayOf(messages.map((m) => (m.mentionsAll ? 't' : 'f'))),
    optional(messages, (m) => m.replyTo),
  ];
}

/** Few messages have it. */
function optional(messages: readonly NewMessage[], read: (message: NewMessage) => string | null): string {
  return messages.some((m) => read(m) !== null) ? arrayOf(messages.map((m) => read(m) ?? 'NULL')) : '{}';
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
}
