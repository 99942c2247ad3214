import { Cell, readKept, writeKept } from './cell';

type Texts = Readonly<Record<string, string>>;

const isTexts = (value: unknown): value is Texts =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((text) => typeof text === 'string');

/** What has been begun to be written, by conversation; kept over reloads. */
export class Drafts {
  readonly all: Cell<Texts>;
  readonly #key: string;

  constructor(userId: string) {
    this.#key = `parley.drafts.${userId}`;
    this.all = new Cell<Texts>(readKept(this.#key, {}, isTexts));
  }

  of(conversationId: string): string {
    return this.all.getSnapshot()[conversationId] ?? '';
  }

  set(conversationId: string, text: string): void {
    const { [conversationId]: _, ...others } = this.all.getSnapshot();
    this.all.set(text.trim() === '' ? others : { ...others, [conversationId]: text });
    writeKept(this.#key, this.all.getSnapshot());
  }

  forget(): void {
    this.all.set({});
    writeKept(this.#key, null);
  }
}
