import { isNativeError } from 'node:util/types';
import { HttpException, Logger } from '@nestjs/common';
import type { ErrorCode } from '@parley/protocol';
import { DomainError } from './domain-error';

const logger = new Logger('Errors');

const HTTP_CODES: Record<number, ErrorCode> = {
  400: 'payload_invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'route_unknown',
  408: 'timeout',
  413: 'payload_too_large',
  415: 'payload_invalid',
  429: 'rate_limited',
  503: 'unavailable',
};

/** What PostgreSQL's conditions mean to a client, by SQLSTATE or its class of two characters. */
const SQL_CODES: Record<string, ErrorCode> = {
  '08': 'unavailable', // connection
  '53': 'unavailable', // disk full, out of memory, too many connections
  '57': 'unavailable', // shutting down, starting up
  '58': 'unavailable', // I/O error
  '25006': 'unavailable', // a standby that is not yet promoted
  '25P03': 'unavailable', // idle in a transaction for too long: this process stood still
  '57014': 'timeout', // statement timeout
  '55P03': 'timeout', // lock timeout
  '40001': 'unavailable', // serialization
  '40P01': 'unavailable', // deadlock
};

const LOST_CONNECTION =
  /^(Connection terminated|timeout (expired|exceeded) when trying to connect|Client has encountered a connection error|Connection is not established|Driver not Connected|Client was closed|Query read timeout|Query runner already released|Database connection provided by a query runner was already released)/i;
const LOST_SYSCALLS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

const DISK_FULL = '53100';
/** Failures that follow one another within this time are one outage, and logged once. */
const OUTAGE_GAP_MS = 60_000;
let diskLastFullAt = -Infinity;

/** Any thrown thing as one of the protocol's errors; what nobody expected is logged and told as `internal`. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof HttpException) return fromHttp(error);
  const database = fromDatabase(error);
  if (database) return database;
  if (isBodyParserError(error)) return new DomainError(HTTP_CODES[error.status] ?? 'payload_invalid');
  logger.error(isNativeError(error) ? (error.stack ?? error.message) : String(error));
  return new DomainError('internal');
}

function fromHttp(error: HttpException): DomainError {
  const status = error.getStatus();
  const code = HTTP_CODES[status];
  if (code) return new DomainError(code, undefined, healthDetails(error));
  if (status < 500) return new DomainError('payload_invalid', error.message);
  logger.error(error.stack ?? error.message);
  return new DomainError('internal');
}

/** Which check of /health/ready failed, and why. */
function healthDetails(error: HttpException): Record<string, unknown> | undefined {
  const response = error.getResponse();
  if (typeof response !== 'object' || !('details' in response)) return undefined;
  return response.details as Record<string, unknown>;
}

function fromDatabase(error: unknown): DomainError | null {
  if (!isNativeError(error)) return null;
  const cause = causeOf(error);
  const sqlState = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (sqlState === DISK_FULL) tellOfFullDisk(cause.message);
  const code = SQL_CODES[sqlState] ?? ('severity' in cause ? SQL_CODES[sqlState.slice(0, 2)] : undefined);
  if (code) return new DomainError(code);
  // About the connection, not the request: refused, or ended by the server.
  if ('severity' in cause && cause.severity === 'FATAL') return new DomainError('unavailable');
  if (LOST_SYSCALLS.has(sqlState) && 'syscall' in cause) return new DomainError('unavailable');
  return LOST_CONNECTION.test(cause.message) ? new DomainError('unavailable') : null;
}

/** A person has to make room, and no health check sees it: reading goes on. */
function tellOfFullDisk(reason: string): void {
  const now = performance.now();
  if (now - diskLastFullAt > OUTAGE_GAP_MS) {
    logger.error(`the disk of the database is full, and nothing is stored until there is room: ${reason}`);
  }
  diskLastFullAt = now;
}

function causeOf(error: Error): Error {
  // A name of several addresses, such as localhost: each was tried, and none answered.
  if (error instanceof AggregateError && isNativeError(error.errors[0])) return error.errors[0];
  // TypeORM's QueryFailedError carries what pg threw.
  return 'driverError' in error && isNativeError(error.driverError) ? error.driverError : error;
}

function isBodyParserError(error: unknown): error is Error & { status: number } {
  return (
    isNativeError(error) &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
