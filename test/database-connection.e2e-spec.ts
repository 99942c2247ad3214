import { DataSource } from 'typeorm';
import { toDomainError } from '../src/common/to-domain-error';
import { dataSourceOptions } from '../src/database/data-source-options';
import { Road } from './support/road';
import { workersDatabase } from './support/start-app';

it('a connection that went silent is given up, and the next one is new', async () => {
  const database = workersDatabase();
  const road = await Road.open(database);
  const options = dataSourceOptions(
    { ...database, host: '127.0.0.1', port: road.port, database: 'postgres' },
    1,
  );
  const source = new DataSource({
    ...options,
    extra: { ...options.extra, query_timeout: 300 },
  });
  try {
    await source.initialize();
    road.loseConnections();
    const error: unknown = await source.query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(toDomainError(error)).toMatchObject({ code: 'unavailable' });
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    await source.destroy();
    road.close();
  }
});
