interface Options<Question> {
  /** Weight of the questions that are put together, at the most; a heavier one is asked alone. */
  readonly most: number;
  readonly weight: (question: Question) => number;
}

interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions to the database that are on their way at once; its connections are few. */
const AT_ONCE = 2;
/** Between the beginnings of two while many ask: planning a statement for a few is most of what it costs. */
const APART_MS = 20;

/**
 * Puts together what many ask at the same time, so that it costs one statement.
 *
 * Somebody who is alone is asked for at once. Others wait a moment, or until those before are answered, and
 * go together: thousands in a few statements. How many wait is bounded by who may ask: a
 * connection has one question, and those of REST are counted there.
 */
export class Together<Question, Answer> {
  private waiting: Asked<Question, Answer>[] = [];
  private running = 0;
  private scheduled = false;
  /** When the next may begin. */
  private nextAt = 0;

  constructor(
    private readonly options: Options<Question>,
    /** Answers all, in their order; when it rejects, nobody is answered. */
    private readonly answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.running === AT_ONCE || this.waiting.length === 0) return;
    this.scheduled = true;
    const begin = () => {
      this.scheduled = false;
      void this.run(this.take());
      this.schedule();
    };
    const wait = this.nextAt - performance.now();
    if (wait > 0) setTimeout(begin, wait);
    // At the end of the turn: others may ask within it.
    else setImmediate(begin);
  }

  private take(): Asked<Question, Answer>[] {
    const { most, weight } = this.options;
    let sum = 0;
    const end = this.waiting.findIndex(({ question }, i) => (sum += weight(question)) > most && i > 0);
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  private async run(batch: readonly Asked<Question, Answer>[]): Promise<void> {
    this.running++;
    if (batch.length > 1) this.nextAt = performance.now() + APART_MS;
    try {
      const answers = await this.answer(batch.map(({ question }) => question));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.running--;
      this.schedule();
    }
  }
}
