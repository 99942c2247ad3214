import { Pool } from 'pg';

export interface Row {
  room: string;
  id: string;
  from: string;
  text: string;
}

/** Keeps a message; what is awaited before it is acknowledged. */
export type Keep = (row: Row) => Promise<void> | undefined;

/** In the same PostgreSQL as Parley's tables, so that it has the same settings. */
const TABLE = 'bench_message';

const INSERT = `INSERT INTO ${TABLE} (room, id, sender, text)`;

/** Nothing is kept. */
const nothing: Keep = () => undefined;

/** An insert for each message, ten at a time at most. */
function single(pool: Pool): Keep {
  return async ({ room, id, from, text }) => {
    const values = [room, id, from, text];
    await pool.query({ name: 'insert', text: `${INSERT} VALUES ($1, $2, $3, $4)`, values });
  };
}

/** What has piled up while a commit was in flight is the next one. */
function batch(pool: Pool): Keep {
  let waiting: (Row & { done: () => void; fail: (error: Error) => void })[] = [];
  let busy = false;
  const statement = `${INSERT} SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])`;

  const commit = async () => {
    busy = true;
    while (waiting.length > 0) {
      const rows = waiting;
      waiting = [];
      const values = [
        rows.map(({ room }) => room),
        rows.map(({ id }) => id),
        rows.map(({ from }) => from),
        rows.map(({ text }) => text),
      ];
      await pool.query({ name: 'insert', text: statement, values }).then(
        () => rows.forEach(({ done }) => done()),
        (error: Error) => rows.forEach(({ fail }) => fail(error)),
      );
    }
    busy = false;
  };

  return (row) =>
    new Promise<void>((done, fail) => {
      waiting.push({ ...row, done, fail });
      if (!busy) void commit();
    });
}

/** By how a relay is told to keep messages. */
export function keepBy(how: string): Keep {
  if (how === 'nothing') return nothing;
  const pool = new Pool(JSON.parse(process.env.BENCH_DATABASE ?? '{}') as object);
  // The database may be started again while nothing is sent.
  pool.on('error', () => undefined);
  if (how === 'single') return single(pool);
  if (how === 'batch') return batch(pool);
  throw new Error(`there is no way to keep messages called "${how}"`);
}
