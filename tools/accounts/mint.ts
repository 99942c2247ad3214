import { Client } from 'pg';
import { uuidv7 } from 'uuidv7';
import { Refusal } from '../support/refusal';
import { openServerSide, type ServerSide, type ServerSideOptions } from './server-side';

export interface NewAccount {
  username: string;
  displayName: string;
}

export interface Minted extends NewAccount {
  userId: string;
  accessToken: string;
}

export interface MintOptions {
  ttlSeconds: number;
  /** The same for all: hashing one for each would take as long as registering them. */
  password: string;
}

/** Makes accounts with sessions and tokens past the API, thousands a second. */
export interface Mint {
  accounts(wanted: readonly NewAccount[], options: MintOptions): Promise<Minted[]>;
  close(): Promise<void>;
}

const ROWS_PER_STATEMENT = 5_000;

// No refresh token belongs to the hash: the access token is all that these sessions have.
const INSERT = `
  WITH wanted AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS w (user_id, session_id, username, display_name)
  ), users AS (
    INSERT INTO "user" (id, username, display_name, password_hash)
    SELECT user_id, username, display_name, $5 FROM wanted
  )
  INSERT INTO "session" (id, user_id, device_name, refresh_hash, expires_at)
  SELECT session_id, user_id, 'minted', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    now() + make_interval(secs => $6)
  FROM wanted`;

/** Connects to the server's database; rejects with a Refusal when it cannot be reached. */
export async function openMint(options: ServerSideOptions = {}): Promise<Mint> {
  const serverSide = await openServerSide(options);
  const client = new Client(serverSide.database);
  await client.connect().catch((error: Error) => {
    throw new Refusal(`The server's database cannot be used: ${error.message || String(error)}.`);
  });
  return {
    accounts: (wanted, how) => mint(client, serverSide, wanted, how),
    close: () => client.end(),
  };
}

async function mint(
  client: Client,
  serverSide: ServerSide,
  wanted: readonly NewAccount[],
  { ttlSeconds, password }: MintOptions,
): Promise<Minted[]> {
  const passwordHash = await serverSide.hashPassword(password);
  const rows = wanted.map((account) => ({ ...account, userId: uuidv7(), sessionId: uuidv7() }));
  await client.query('BEGIN');
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const part = rows.slice(at, at + ROWS_PER_STATEMENT);
    await client.query(INSERT, [
      part.map(({ userId }) => userId),
      part.map(({ sessionId }) => sessionId),
      part.map(({ username }) => username),
      part.map(({ displayName }) => displayName),
      passwordHash,
      ttlSeconds,
    ]);
  }
  await client.query('COMMIT');
  return Promise.all(
    rows.map(async ({ sessionId, ...account }) => ({
      ...account,
      accessToken: await serverSide.signToken(account.userId, sessionId, ttlSeconds),
    })),
  );
}
