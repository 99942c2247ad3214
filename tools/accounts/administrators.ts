import { Refusal } from '../support/refusal';
import { openDatabase } from './server-side';

/** Makes somebody an administrator, or no longer; there is no other way to become one. */
export async function setAdministrator(
  username: string,
  administrator: boolean,
  dataDir: string | undefined,
): Promise<void> {
  const client = await openDatabase({ dataDir });
  try {
    const { rowCount } = await client.query(
      'UPDATE "user" SET administrator = $2 WHERE username = $1 AND deletion_started_at IS NULL',
      [username.toLowerCase(), administrator],
    );
    if (rowCount === 0) throw new Refusal(`There is nobody with the user name ${username}.`);
  } finally {
    await client.end();
  }
}
