import { Installation } from './support/installation';
import { describeAsRoot, describeWith } from './support/require-program';
import type { Stream } from './support/stream';
import { TestDisk } from './support/test-disk';

const CONNECTIONS = 8;

let disk: TestDisk;
let running: Installation | undefined;

async function install(on: TestDisk, settings: Record<string, string> = {}): Promise<Installation> {
  disk = on;
  running = await Installation.start(settings, disk.path);
  return running;
}

afterEach(async () => {
  await running?.killAll();
  running = undefined;
  disk.remove();
});

describeAsRoot('a loss of power', () => {
  describeWith('mkfs.ext4', 'of an ext4', () => {
    describeWith('xfs_io', 'under the database', () => {
      /** Writes until the power goes, and starts again from what is on the disk. */
      async function loseIt(installation: Installation) {
        const stream = await installation.stream();
        const writing = stream.write(installation.url, CONNECTIONS, 'closed');
        await stream.further(300);
        disk.losePower();
        await installation.killAll();
        await writing;
        disk.comeBack();
        await installation.start();
        return stream;
      }

      it('takes nothing that was acknowledged', async () => {
        const installation = await install(TestDisk.withJournal(1_024));
        const stream = await loseIt(installation);
        await stream.write(installation.url, CONNECTIONS, 'answered');
        await stream.check(installation.bob);
      });

      it('takes it with synchronous_commit off: so what is lost here is what a machine would lose', async () => {
        const installation = await install(TestDisk.withJournal(1_024), {
          ALLOW_DATA_LOSS: 'synchronous_commit',
        });
        const session = await installation.session('postgres');
        await session.query('ALTER ROLE parley SET synchronous_commit = off');
        // The one who would sync it meanwhile; longer is not allowed.
        await session.query(`ALTER SYSTEM SET wal_writer_delay = '10s'`);
        await session.end();
        await installation.restart('SIGTERM');
        const stream = await loseIt(installation);
        await expect(stream.check(installation.bob)).rejects.toThrow();
      });
    });
  });
});

describeAsRoot('a full disk', () => {
  /** Ends the writing, and looks that everything is there. */
  async function settle(installation: Installation, stream: Stream, writing: Promise<void>): Promise<void> {
    expect([...stream.errors]).toEqual(['unavailable']);
    await installation.server.end();
    await writing;
    await installation.start();
    await stream.write(installation.url, CONNECTIONS, 'answered');
    await stream.check(installation.bob);
  }

  it('under the tables: sends fail, reading goes on, and all goes on when there is room', async () => {
    const installation = await install(TestDisk.inMemory(160));
    const { server, bob } = installation;
    const stream = await installation.stream();
    const writing = stream.write(installation.url, CONNECTIONS, 'closed');
    await stream.further(100);
    disk.fill();
    await stream.failed('unavailable');
    const socket = await bob.connect();
    expect(await socket.request('sync')).toMatchObject({ conversations: [{ kind: 'group' }] });
    await stream.failed('unavailable');
    disk.makeRoom();
    await stream.further(100);
    expect(server.output.match(/disk of the database is full/g)).toHaveLength(1);
    await settle(installation, stream, writing);
  });

  it('under the log: the database dies of it, and comes back when there is room', async () => {
    const installation = await install(TestDisk.inMemory(160), { LOG_LEVEL: 'info' });
    const stream = await installation.stream();
    const writing = stream.write(installation.url, CONNECTIONS, 'closed');
    await stream.further(100);
    const session = await installation.session('postgres');
    disk.fill();
    disk.fill('postgres/postgres.log');
    const nextSegment = () => session.query('SELECT pg_switch_wal()');
    for (let died = false; !died;)
      died = await nextSegment().then(
        () => false,
        () => true,
      );
    await installation.server.printed(/does not come back: the disk that holds \S+ is full/);
    await stream.failed('unavailable');
    disk.makeRoom();
    await stream.further(100);
    await settle(installation, stream, writing);
  });
});
