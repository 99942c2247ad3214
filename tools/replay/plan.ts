import type { Line } from './lines';

/** What happens next in a conversation; people are named as in the recording. */
export type Step =
  | { do: 'say'; person: string; text: string; mentions: string[] }
  | { do: 'add'; people: string[] }
  | { do: 'leave'; person: string };

export interface PlannedConversation {
  kind: 'group' | 'direct';
  title: string;
  /** Everybody who is in it at some time. */
  people: string[];
  steps: Step[];
}

export interface Plan {
  conversations: PlannedConversation[];
  people: string[];
  /** Lines that are to be sent. */
  messages: number;
  /** Lines without anything in them, which no server takes. */
  empty: number;
}

/** Makes conversations of lines: who speaks without having come is added first, and nobody twice. */
export function makePlan(lines: readonly Line[]): Plan {
  const drafts = new Map<string, Draft>();
  for (const line of lines) {
    const draft = drafts.get(line.conversation) ?? new Draft(line.kind, line.conversation);
    drafts.set(line.conversation, draft);
    draft.take(line);
  }
  const conversations = [...drafts.values()].map((draft) => draft.finish()).filter(hasTwoSides);
  const steps = conversations.flatMap((conversation) => conversation.steps);
  return {
    conversations,
    people: [...new Set(conversations.flatMap(({ people }) => people))],
    messages: steps.filter((step) => step.do === 'say').length,
    empty: [...drafts.values()].reduce((sum, { empty }) => sum + empty, 0),
  };
}

/** Who is addressed by `nick: …`, if they are there; letters may differ in case. */
export function addressee(text: string, present: Iterable<string>): string | null {
  const end = text.indexOf(':');
  if (end <= 0) return null;
  const name = text.slice(0, end).trim();
  let similar: string | null = null;
  for (const person of present) {
    if (person === name) return person;
    if (person.toLowerCase() === name.toLowerCase()) similar = person;
  }
  return similar;
}

class Draft {
  empty = 0;
  private readonly present = new Set<string>();
  private readonly people = new Set<string>();
  private readonly steps: Step[] = [];

  constructor(
    private readonly kind: Line['kind'],
    private readonly title: string,
  ) {}

  take({ person, act }: Line): void {
    if (act === 'joined') this.add(person);
    else if (act === 'left') this.leave(person);
    else this.say(person, act.say);
  }

  finish(): PlannedConversation {
    return { kind: this.kind, title: this.title, people: [...this.people], steps: this.steps };
  }

  private say(person: string, text: string): void {
    if (text.trim() === '') {
      this.empty++;
      return;
    }
    this.add(person);
    const mentioned = this.kind === 'group' ? addressee(text, this.present) : null;
    this.steps.push({ do: 'say', person, text, mentions: mentioned === null ? [] : [mentioned] });
  }

  /** Those who come one right after the other come in one request. */
  private add(person: string): void {
    if (this.present.has(person)) return;
    this.present.add(person);
    this.people.add(person);
    if (this.kind === 'direct') return;
    const last = this.steps.at(-1);
    if (last?.do === 'add') last.people.push(person);
    else this.steps.push({ do: 'add', people: [person] });
  }

  private leave(person: string): void {
    if (this.present.delete(person)) this.steps.push({ do: 'leave', person });
  }
}

// A selection may end after the first turn of a dialogue: then there is nobody to say it to.
function hasTwoSides({ kind, people, steps }: PlannedConversation): boolean {
  return steps.length > 0 && (kind === 'group' || people.length === 2);
}
