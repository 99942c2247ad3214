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
  expect(await migrate(options)).toEqual([]);
  const set = (setting: string) =>
    server.source.query(`ALTER DATABASE "${server.database.database}" ${setting}`);
  await set('SET synchronous_commit = off');
  await expect(migrate(options)).rejects.toThrow(/has synchronous_commit off/);
  await set('SET synchronous_commit = local');
  expect(await migrate(options)).toEqual([]);
});
