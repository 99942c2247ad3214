import { makeCertificate } from '../bench/support/certificate';
import { HaProxy } from '../bench/support/haproxy';
import { Crowd } from '../bench/rolling/crowd';
import { Nodes } from './support/nodes';
import { describeWith } from './support/require-program';
import { removeDataDirs, ServerProcess } from './support/server-process';

const CONVERSATIONS = 75;
const SENT_PER_SECOND = 100;

describeWith('openssl', 'rolling restart', () => {
  describeWith('haproxy', 'behind HAProxy', () => {
    it('of three servers under load: nothing lost, nothing twice, in order, and nobody sees 1006', async () => {
      const dir = await ServerProcess.dataDir();
      const certificate = makeCertificate(dir);
      const nodes = await Nodes.start(3, { DRAIN_PAUSE: '2' });
      const proxy = await HaProxy.start({ dir, certificate, servers: nodes.urls });
      const database = await nodes.session();
      const crowd = await Crowd.gather({
        ...{ conversations: CONVERSATIONS, url: proxy.url, ca: certificate.ca },
        ...{ server: nodes.urls[0]!, settings: nodes.settings, prefix: 'talker' },
      });
      try {
        for (const index of nodes.servers.keys()) await proxy.untilServes(index);
        await crowd.connect();
        crowd.talk(SENT_PER_SECOND);
        for (const index of nodes.servers.keys()) {
          expect(await nodes.end(index)).toBe(0);
          await nodes.startAgain(index);
          await proxy.untilServes(index);
          await crowd.allConnected();
        }
        await crowd.rest();
        const { sent, closes, refusals, ...rest } = await crowd.judge(database);
        expect(rest).toEqual({ lost: 0, duplicated: 0, reordered: 0, cut: 0, problems: [] });
        expect(sent).toBeGreaterThan(0);
        // Everybody was sent away once at least, and told so.
        expect(Object.keys(closes)).toEqual(['4503']);
        expect(closes['4503']).toBeGreaterThanOrEqual(2 * CONVERSATIONS);
        const said = Object.keys(refusals).filter((reason) => !/ 50[23]|4503|socket hang up/.test(reason));
        expect(said).toEqual([]);
      } finally {
        crowd.end();
        await database.end();
        await proxy.stop();
        await nodes.stop();
        await removeDataDirs(dir);
      }
    }, 300_000);
  });
});
