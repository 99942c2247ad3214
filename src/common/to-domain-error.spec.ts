import { Logger } from '@nestjs/common';
import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { toDomainError } from './to-domain-error';

const refused = () =>
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

describe('toDomainError', () => {
  it('says unavailable when no address of the database answers', () => {
    const error = Object.assign(new AggregateError([refused(), refused()]), { code: 'ECONNREFUSED' });
    expect(toDomainError(error)).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT'])(
    'says unavailable on %s',
    (code) => {
      expect(toDomainError(Object.assign(refused(), { code }))).toMatchObject({ code: 'unavailable' });
    },
  );

  it.each([
    ['57P01', 'unavailable'],
    ['25P03', 'unavailable'],
    ['53300', 'unavailable'],
    ['53200', 'unavailable'],
    ['58030', 'unavailable'],
    ['57014', 'timeout'],
    ['55P03', 'timeout'],
  ])('reads SQLSTATE %s as %s', (code, expected) => {
    const error = Object.assign(new Error('told by PostgreSQL'), { code, severity: 'ERROR' });
    expect(toDomainError(error).code).toBe(expected);
  });

  it('says unavailable on a full disk, and logs an outage once', () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const error = Object.assign(new Error('could not extend file'), { code: '53100', severity: 'ERROR' });
    for (let i = 0; i < 3; i++) expect(toDomainError(error).code).toBe('unavailable');
    expect(log.mock.calls).toEqual([
      [expect.stringMatching(/disk of the database is full.*could not extend/)],
    ]);
    log.mockRestore();
  });

  it('says unavailable whatever the reason for which PostgreSQL lets nobody in', () => {
    const error = Object.assign(new Error('not accepting connections'), { code: '55000', severity: 'FATAL' });
    expect(toDomainError(error).code).toBe('unavailable');
  });

  it('says unavailable when the connection was lost between two statements of a transaction', () => {
    for (const error of [
      new QueryRunnerAlreadyReleasedError(),
      new QueryRunnerProviderAlreadyReleasedError(),
    ]) {
      expect(toDomainError(error).code).toBe('unavailable');
    }
  });

  it('tells nothing of what nobody expected', () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    expect(toDomainError(new AggregateError([]))).toMatchObject({ code: 'internal' });
    expect(toDomainError(new Error('secret')).message).not.toContain('secret');
    expect(log).toHaveBeenCalledTimes(2);
  });
});
