import { rm } from 'node:fs/promises';
import './global-setup';

export default async function globalTeardown(): Promise<void> {
  const { dataDir } = JSON.parse(process.env.PARLEY_TEST_DATABASE ?? '{}') as { dataDir?: string };
  await globalThis.parleyTestDatabase?.stop();
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
}
