import { uuidv7 } from 'uuidv7';
import { Figures } from '../support/figures';
import { atRate } from '../support/measure';
import { ParleyTarget } from '../support/parley-target';
import { Person } from '../support/person';
import type { Bench, Report, Scenario } from '../support/scenario';

const PEOPLE = 200;
const RATE = 200;
const ROUNDS = 3;
const TEXT = 'What a message says most often is short, and 64 bytes are enough';

/** What a message costs that comes over REST. */
export const rest: Scenario = {
  name: 'rest',
  takes: { full: 18, quick: 5 },
  about: `${RATE} messages a second over REST, of ${PEOPLE} people, nobody connected`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const target = new ParleyTarget(await bench.startServer());
  const { server } = target;
  const clients = await target.gather({ connections: PEOPLE, roomSize: 2 });
  const people = clients.map(({ id: userId, token = '' }) => {
    return new Person({ userId, accessToken: token, username: userId, displayName: userId }, server.url);
  });
  let next = 0;
  const send = () => {
    const at = next++ % clients.length;
    const path = `/v1/conversations/${clients[at]?.room}/messages`;
    return (people[at] as Person).rest.call('POST', path, { id: uuidv7(), text: TEXT });
  };
  const figures = new Figures(1);
  await atRate(server, { perSecond: RATE, count: PEOPLE * (bench.quick ? 1 : 2) }, send);
  for (let n = 1; n <= (bench.quick ? 1 : ROUNDS); n++) {
    const cost = await atRate(server, { perSecond: RATE, count: RATE * (bench.quick ? 2 : 4) }, send);
    figures.addCost('send', 0, cost, [0.5, 0.95, 0.99]);
  }
  return {
    ...{ of: 'door', sizes: ['REST'], figures: figures.all() },
    charted: ['send server CPU', 'send database CPU'],
  };
}
