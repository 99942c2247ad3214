import { type OwnPostgres, startOwnPostgres } from './own-postgres';

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  // Statistics are taken when a test takes them.
  autovacuum: 'off',
};

/** Starts one with empty tables that tells its clients how it has carried out each statement. */
export function startExplainingPostgres(): Promise<OwnPostgres> {
  return startOwnPostgres(SETTINGS);
}
