import type { Person } from './person';

interface Sent {
  id: string;
  seq: number;
  sender: Person;
  deleted: boolean;
  mentioned: Set<Person>;
  hiddenFrom: Set<Person>;
}

/** A conversation as plain data, and what is unread in it counted the plain way. */
export class UnreadModel {
  readonly sent: Sent[] = [];
  readonly readSeq = new Map<Person, number>();
  readonly joinedSeq = new Map<Person, number>();

  add(sender: Person, seq: number, id = '', mentioned = new Set<Person>()): void {
    this.sent.push({ id, seq, sender, deleted: false, mentioned, hiddenFrom: new Set() });
  }

  recount(person: Person): { unread: number; unreadMentions: number; readSeq: number; counted: number[] } {
    const readSeq = this.readSeq.get(person) ?? 0;
    const from = Math.max(readSeq, this.joinedSeq.get(person) ?? 0);
    const left = this.sent.filter(
      ({ seq, sender, deleted, hiddenFrom }) =>
        seq > from && sender !== person && !deleted && !hiddenFrom.has(person),
    );
    const mentions = left.filter(({ mentioned }) => mentioned.has(person));
    return {
      unread: left.length,
      unreadMentions: mentions.length,
      readSeq,
      counted: left.map(({ seq }) => seq),
    };
  }
}

// A small generator, so that a failure can be run again with its seed.
export const random = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return seed / 2 ** 32;
};
