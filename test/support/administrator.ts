import type { Person } from './person';
import type { TestApp } from './start-app';

/** As the command on the server's machine does. */
export async function makeAdministrator({ source }: TestApp, { id }: Person): Promise<void> {
  await source.query('UPDATE "user" SET administrator = true WHERE id = $1', [id]);
}
