import { dataSourceOptions } from '../src/database/data-source-options';
import { migrate } from '../src/database/migrate';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;

beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.stop());

it('starts with a database whose commits are durable, and with no other', async () => {
  const options = dataSourceOptions(server.database);
  expect(await migrate(options)).toEqual({ migrations: [], warnings: [] });
  const set = (setting: string) =>
    server.source.query(`ALTER DATABASE "${server.database.database}" ${setting}`);
  await set('SET synchronous_commit = off');
  await expect(migrate(options)).rejects.toThrow(/has synchronous_commit off/);
  const { warnings } = await migrate(options, ['synchronous_commit']);
  expect(warnings).toEqual([
    'The database has synchronous_commit off, as ALLOW_DATA_LOSS permits: a crash takes back the last messages that were acknowledged.',
  ]);
  await expect(migrate(options, ['fsync'])).rejects.toThrow(/name it in ALLOW_DATA_LOSS/);
  await set('SET synchronous_commit = local');
  expect(await migrate(options)).toEqual({ migrations: [], warnings: [] });
});
