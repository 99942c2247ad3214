import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';

/** Ends one kind of what is under way; when the signal aborts, there is no time left. */
type Step = (deadline: AbortSignal) => Promise<void> | void;

/**
 * How the process takes its leave, while all else still works.
 *
 * First it only says that it is not ready, for as long as balancers need to see that. Then nobody new is let
 * in, and all steps run side by side until they end or the deadline is over.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  private readonly steps: Step[] = [];
  private ending: Promise<void> | undefined;
  private closedToNew = false;

  constructor(@Inject(ENV) private readonly env: Pick<Env, 'drainPauseSeconds' | 'drainDeadlineSeconds'>) {}

  /** Whether the end has begun: new clients should go elsewhere. */
  get isAnnounced(): boolean {
    return this.ending !== undefined;
  }

  /** Whether new clients are turned away. */
  get refusesClients(): boolean {
    return this.closedToNew;
  }

  addStep(step: Step): void {
    this.steps.push(step);
  }

  /** Drains, once; resolves when nothing is under way any more, or the deadline is over. */
  run(): Promise<void> {
    return (this.ending ??= this.drain());
  }

  /** For who closes the application without draining first. */
  beforeApplicationShutdown(): Promise<void> {
    return this.run();
  }

  private async drain(): Promise<void> {
    const { drainPauseSeconds, drainDeadlineSeconds } = this.env;
    // Nobody tells when all balancers have seen it: how long theirs take is what the setting says.
    if (drainPauseSeconds > 0) await new Promise((resolve) => setTimeout(resolve, drainPauseSeconds * 1_000));
    this.closedToNew = true;
    const deadline = AbortSignal.timeout(drainDeadlineSeconds * 1_000);
    await Promise.all(this.steps.map(async (step) => step(deadline)));
  }
}
