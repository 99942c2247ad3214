import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answers, Command, LoadPlan, LoadResult, News, OpenPlan, OpenResult } from '../load/messages';

const PROGRAM = join(__dirname, '../load/generator.js');

/** What is called when the part of a load that is measured begins, and ends. */
export interface Watch {
  began(): void;
  ended(): void;
}

/** A load generator in a process of its own. */
export class LoadGenerator {
  private readonly child: ChildProcess = fork(PROGRAM, { serialization: 'advanced' });

  open(plan: OpenPlan): Promise<OpenResult> {
    return this.ask({ do: 'open', plan }, 'opened');
  }

  load(plan: LoadPlan, watch?: Watch): Promise<LoadResult> {
    return this.ask({ do: 'load', plan }, 'loaded', watch);
  }

  reopen(count: number): Promise<OpenResult> {
    return this.ask({ do: 'reopen', count }, 'opened');
  }

  /** Ends it, and all its connections. */
  async remove(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private ask<Of extends keyof Answers>(command: Command, answer: Of, watch?: Watch): Promise<Answers[Of]> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.child.off('message', hear).off('exit', gone);
        act();
      };
      const gone = () => settle(() => reject(new Error('the load generator has ended')));
      const hear = (news: News) => {
        if (news.news === 'failed') settle(() => reject(new Error(`the load generator: ${news.reason}`)));
        else if (news.news === 'began') watch?.began();
        else if (news.news === 'ended') watch?.ended();
        else if (news.news === answer) settle(() => resolve(news.result as Answers[Of]));
      };
      this.child.on('message', hear).once('exit', gone);
      this.child.send(command);
    });
  }
}
