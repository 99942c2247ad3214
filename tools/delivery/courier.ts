import { ParleyError } from '@parley/client';
import type { ErrorCode } from '@parley/protocol';
import { pause } from '../support/flow';
import type { Findings } from './findings';
import type { Tally } from './tally';

/** Something that is to be done, and what the server may answer to it. */
export interface Errand<T> {
  /** Of which kind of act, for the count. */
  readonly name: string;
  readonly device: string;
  /** One request; each attempt is the same request. */
  attempt(): Promise<T>;
  /** Codes with which the protocol lets it be refused for good, as it is. */
  readonly refusals: readonly ErrorCode[];
}

const LONGEST_WAIT_MS = 1_000;
/** Of those that may be repeated, what nothing that is inflicted here may cause. */
const NEVER: readonly string[] = ['internal', 'rate_limited', 'answer_invalid'];

/** Makes requests until they are acknowledged or refused for good, over whatever connections. */
export class Courier {
  /** Errands under way, with when they began. */
  readonly underWay = new Map<Errand<unknown>, number>();
  private given = false;

  constructor(
    private readonly findings: Findings,
    private readonly tally: Tally,
  ) {}

  /** What was answered in the end; null when it was refused. */
  async deliver<T>(errand: Errand<T>): Promise<T | null> {
    this.underWay.set(errand, performance.now());
    try {
      return await this.insist(errand);
    } finally {
      this.underWay.delete(errand);
    }
  }

  /** Repeats nothing any more. */
  giveUp(): void {
    this.given = true;
  }

  private async insist<T>(errand: Errand<T>): Promise<T | null> {
    for (let attempt = 0; !this.given; attempt++) {
      if (attempt > 0) this.tally.count(errand.name, 'retries');
      try {
        const answer = await errand.attempt();
        this.tally.count(errand.name, 'acked');
        return answer;
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        if (NEVER.includes(error.code)) this.complain(errand, error);
        if (!error.retryable) {
          if (!errand.refusals.includes(error.code as ErrorCode)) this.complain(errand, error);
          this.tally.count(errand.name, 'refused');
          return null;
        }
        await pause(Math.min(LONGEST_WAIT_MS, 25 * 2 ** attempt));
      }
    }
    return null;
  }

  private complain({ name, device }: Errand<unknown>, { code, message }: ParleyError): void {
    this.findings.add('unexplained', `${name} of ${device} was refused: ${code}, ${message}`, { device });
  }
}
