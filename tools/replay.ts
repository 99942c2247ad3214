import { ParleyError, ParleyRest } from '@parley/client';
import { isThere } from './accounts/register';
import { makeAccounts } from './replay/accounts';
import { Gate, Pace } from './support/flow';
import { addVerdicts, CLEAN, countUnstored, type Judged, Ledger } from './replay/ledger';
import { readLines } from './replay/lines';
import { People } from './replay/people';
import { makePlan, type Plan } from './replay/plan';
import { ORGANISER, Player } from './replay/player';
import { describe, isFlawless, type Outcome, Progress } from './replay/report';
import { Options } from './support/options';
import { Refusal, runTool } from './support/refusal';

const USAGE =
  'npm run replay -- FILE [--from DAY] [--lines N] [--rate R|max] [--parallel N] [--url http://localhost:3000]';
const PARALLEL = 16;
const INTERRUPTED = 130;

/** Plays recorded conversations against a running server, and holds what arrived against its database. */
async function main(): Promise<void> {
  const options = new Options(['from', 'lines', 'rate', 'parallel', 'url'], USAGE);
  const [file, ...rest] = options.positionals;
  if (!file || rest.length > 0) throw options.refuse('Name one file to play');
  const rate = options.text('rate', 'max') === 'max' ? null : options.count('rate', 0, 'max');
  const url = options.url('url', 'http://localhost:3000');
  const parallel = options.count('parallel', PARALLEL);
  const lines = options.text('lines') === undefined ? undefined : options.count('lines', 0);
  const plan = makePlan(await readLines(file, { from: options.text('from'), lines }));

  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => stop.abort(new Halt('Stopped', INTERRUPTED)));
  }
  try {
    const outcome = await replay(plan, { url, pace: new Pace(rate), parallel }, stop);
    for (const line of describe(outcome)) console.log(line);
    if (!isFlawless(outcome)) process.exitCode = 1;
  } catch (error) {
    const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
    if (!(reason instanceof Halt || reason instanceof ParleyError)) throw reason;
    console.error(`${reason.message}. What was sent has not been checked.`);
    process.exitCode = reason instanceof Halt ? reason.exitCode : 1;
  }
}

/** Why a replay ends before its time. */
class Halt extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

async function replay(
  plan: Plan,
  { url, pace, parallel }: { url: string; pace: Pace; parallel: number },
  stop: AbortController,
): Promise<Outcome> {
  const rest = new ParleyRest({ url, fetch });
  if (!(await isThere(rest))) {
    throw new Refusal(`No Parley answers at ${url}: start one with npm start, or name another with --url.`);
  }
  console.log(
    `${plan.messages} messages of ${plan.people.length} people in ${plan.conversations.length} conversations` +
      (plan.empty > 0 ? `; ${plan.empty} empty lines are left out` : ''),
  );
  const accounts = await makeAccounts([ORGANISER, ...plan.people], { url, rest }, stop.signal);
  console.log(`${accounts.byName.size} accounts ${accounts.how}`);

  const ledger = new Ledger();
  const people = new People(accounts.byName, { url, rest }, ledger, (name, { code, reason }) => {
    stop.abort(new Halt(`The connection of ${name} ended with ${code} ${reason}`.trimEnd(), 1));
  });
  const player = new Player(people, ledger, pace, stop.signal);
  const played: Judged[] = [];
  const done = () => `${played.length} of ${plan.conversations.length}`;
  const progress = new Progress({ ledger, people, total: plan.messages, done });
  try {
    const gate = new Gate(parallel);
    const playing = plan.conversations.map((conversation) =>
      gate.pass(async () => {
        stop.signal.throwIfAborted();
        const judged = await player.play(conversation);
        if (judged) played.push(judged);
      }),
    );
    await Promise.all(playing).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    });
  } finally {
    progress.end();
    await people.leaveAll();
  }
  return {
    accounts: accounts.byName.size,
    conversations: played.length,
    sent: ledger.sendings.size,
    seconds: ledger.seconds,
    pushes: ledger.toPush.count,
    toPush: ledger.toPush,
    toReply: ledger.toReply,
    refused: player.refused,
    verdict: judgeAll(ledger, played),
  };
}

function judgeAll(ledger: Ledger, played: readonly Judged[]) {
  const verdict = played.map((each) => ledger.judge(each)).reduce(addVerdicts, CLEAN);
  const storedIds = new Set(played.flatMap(({ history }) => history.map(({ id }) => id)));
  return { ...verdict, lost: verdict.lost + countUnstored(ledger.sendings, storedIds) };
}

runTool(main);
