import { ParleyError } from '@parley/client';
import type { ErrorCode } from '@parley/protocol';
import { Courier } from './courier';
import { Tally } from './tally';
import { countsOf, findings } from './test-support';

const refusal = (code: ErrorCode, retryable: boolean) => new ParleyError({ code, message: '', retryable });

function deliver(answers: (ParleyError | string)[], refusals: ErrorCode[] = []) {
  const found = findings();
  const tally = new Tally();
  const attempt = () => {
    const answer = answers.shift() ?? 'too often';
    return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
  };
  const answer = new Courier(found, tally).deliver({ name: 'act', device: 'phone', refusals, attempt });
  return answer.then((result) => ({ result, counts: countsOf(found), tally: tally.byName.get('act') }));
}

it('insists until it is acknowledged', async () => {
  const lost = new ParleyError({ code: 'connection_lost', message: '', retryable: true });
  expect(await deliver([lost, refusal('unavailable', true), 'done'])).toEqual({
    ...{ result: 'done', counts: {}, tally: { acked: 1, refused: 0, retries: 2 } },
  });
});

it('takes a refusal that the protocol lets be', async () => {
  expect(await deliver([refusal('forbidden', false)], ['forbidden'])).toEqual({
    ...{ result: null, counts: {}, tally: { acked: 0, refused: 1, retries: 0 } },
  });
});

it('tells of a refusal that must not be, and of errors of the server', async () => {
  expect((await deliver([refusal('id_conflict', false)])).counts).toEqual({ unexplained: 1 });
  expect((await deliver([refusal('internal', true), 'done'])).counts).toEqual({ unexplained: 1 });
});
