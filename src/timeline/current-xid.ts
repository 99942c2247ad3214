/** The running transaction as a number; xid8 has no shorter way to it, and it stays below 2^53. */
export const CURRENT_XID = 'pg_current_xact_id()::text::bigint';
