/**
 * Profiles a server from within its process: loaded by NODE_OPTIONS, begun and ended by SIGUSR2.
 *
 * When it has ended and the profile is kept, it prints MARK.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

export const MARK = 'profile kept\n';

/** Finer than V8's own millisecond: stages take microseconds. */
const INTERVAL_US = 250;

const file = process.env.PARLEY_BENCH_PROFILE;
if (file) profileInto(file);

function profileInto(path: string): void {
  let session: Session | undefined;
  const toggle = async () => {
    if (session) {
      const ending = session;
      session = undefined;
      const { profile } = await ending.post('Profiler.stop');
      ending.disconnect();
      writeFileSync(path, JSON.stringify(profile));
      process.stdout.write(MARK);
      return;
    }
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await session.post('Profiler.start');
  };
  process.on('SIGUSR2', () => void toggle());
}
