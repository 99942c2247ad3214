import { PageQuery } from './page-query.dto';
import { validationPipe } from './validation';

const read = (limit: unknown) =>
  validationPipe().transform({ limit }, { type: 'query', metatype: PageQuery }) as Promise<PageQuery>;

describe('ToNumber', () => {
  it.each([7, '7'])('reads %j', async (limit) => {
    expect((await read(limit)).limit).toBe(7);
  });

  it.each(
    ['', ' 7', '7.0', '0x7', '1e1', true, [7], { toString: false }, { valueOf: 7 }].map((value) => [value]),
  )('leaves %j to be refused', async (limit) => {
    await expect(read(limit)).rejects.toMatchObject({ code: 'payload_invalid' });
  });
});
