import { isRefused } from './at-once';

const error = (code: string, severity?: string) =>
  Object.assign(new Error('failed'), { code, ...(severity && { severity }) });

it('tells what the database has refused from what it may have done, in any language', () => {
  for (const code of ['22P02', '23505', '40P01', '55P03', '57014']) {
    expect(isRefused(error(code, 'ERROR'))).toBe(true);
    expect(isRefused(error(code, 'FEHLER'))).toBe(true);
  }
  for (const code of ['57P01', '25P03', '08P01', '58030', '53100', 'XX000']) {
    expect(isRefused(error(code, 'FATAL'))).toBe(false);
  }
  expect(isRefused(error('ECONNRESET'))).toBe(false);
  expect(isRefused(new Error('Query read timeout'))).toBe(false);
});
