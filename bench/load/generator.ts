import { Crowd } from './crowd';
import type { Command, LoadPlan, LoadResult, News, OpenPlan, OpenResult } from './messages';
import { Traffic } from './traffic';

// The process of the generator: it does what its parent says, one thing after the other.

let crowd: Crowd | undefined;
let traffic: Traffic | undefined;
let next = 0;

async function open(plan: OpenPlan): Promise<OpenResult> {
  crowd = new Crowd(plan, (connection, bytes, from, to) => traffic?.take(connection, bytes, from, to));
  return crowd.open();
}

async function load(plan: LoadPlan): Promise<LoadResult> {
  if (!crowd) throw new Error('nobody is connected');
  traffic = new Traffic(crowd, plan, next);
  next += traffic.total;
  return traffic.run((news) => tell({ news }));
}

async function carryOut(command: Command): Promise<News> {
  switch (command.do) {
    case 'open':
      return { news: 'opened', result: await open(command.plan) };
    case 'load':
      return { news: 'loaded', result: await load(command.plan) };
    case 'reopen':
      if (!crowd) throw new Error('nobody is connected');
      return { news: 'opened', result: await crowd.reopen(command.count) };
  }
}

function tell(news: News): void {
  process.send?.(news);
}

process.on('message', (command: Command) => {
  carryOut(command).then(tell, (error: Error) =>
    tell({ news: 'failed', reason: error.stack ?? error.message }),
  );
});
process.on('disconnect', () => process.exit());
