import { rm } from 'node:fs/promises';
import './global-setup';

export default async function globalTeardown(): Promise<void> {
  const all = JSON.parse(process.env.PARLEY_TEST_DATABASES ?? '[]') as { dataDir: string }[];
  await Promise.all((globalThis.parleyTestDatabases ?? []).map((postgres) => postgres.stop()));
  await Promise.all(all.map(({ dataDir }) => rm(dataDir, { recursive: true, force: true })));
}
