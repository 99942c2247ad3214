import { writeFile } from 'node:fs/promises';
import { ParleyRest } from '@parley/client';
import { isThere } from './accounts/register';
import { Examples } from './conformance/examples';
import { describe, Results } from './conformance/results';
import { clientEvents } from './conformance/sections/client-events';
import { comingBack } from './conformance/sections/coming-back';
import { connecting } from './conformance/sections/connecting';
import { frames } from './conformance/sections/frames';
import { guarantees } from './conformance/sections/guarantees';
import { invites } from './conformance/sections/invites';
import { accounts, contacts, groups } from './conformance/sections/people';
import { presence } from './conformance/sections/presence';
import { receipts } from './conformance/sections/receipts';
import { limits, rest } from './conformance/sections/rest';
import { serverEvents } from './conformance/sections/server-events';
import { Options } from './support/options';
import { Refusal, runTool } from './support/refusal';

const USAGE =
  'npm run conformance -- [--url http://localhost:3000] [--only SECTION] [--patience SECONDS] [--slow] [--record FILE]';
const PATIENCE_SECONDS = 10;

/** As docs/protocol.md has them. */
const SECTIONS = [connecting, frames, guarantees, comingBack, clientEvents, serverEvents].concat([
  receipts,
  presence,
  groups,
  invites,
  contacts,
  accounts,
  rest,
  limits,
]);

/** Plays docs/protocol.md against a server, and names what differs. */
async function main(): Promise<void> {
  const options = new Options(['url', 'only', 'patience', 'record'], USAGE, ['slow']);
  const url = options.url('url', 'http://localhost:3000').replace(/\/+$/, '');
  const only = options.text('only')?.toLowerCase();
  const sections = SECTIONS.filter(({ title }) => !only || title.toLowerCase().startsWith(only));
  if (sections.length === 0) throw options.refuse(`docs/protocol.md has no section ${options.text('only')}`);
  const patienceMs = options.count('patience', PATIENCE_SECONDS) * 1_000;
  if (!(await isThere(new ParleyRest({ url, fetch }))))
    throw new Refusal(`No Parley answers at ${url}: start one with npm start, or name another with --url.`);

  const examples = new Examples();
  const scene = { url, patienceMs, slow: options.flag('slow'), record: examples.record };
  const results = await Results.of(sections, scene);
  for (const line of describe(results)) console.log(line);
  const file = options.text('record');
  if (file) await writeFile(file, `${JSON.stringify(examples.all(), null, 2)}\n`);
  if (results.differences > 0) process.exitCode = 1;
}

runTool(main);
