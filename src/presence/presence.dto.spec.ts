import type { ArgumentMetadata } from '@nestjs/common';
import { LIMITS } from '@parley/protocol';
import { newId } from '../common/ids';
import { validationPipe } from '../common/validation';
import { PresenceQuery, WatchPresenceDto } from './presence.dto';

const pipe = validationPipe();
const [a, b, c] = [newId(), newId(), newId()];

const query = (userIds: unknown): Promise<PresenceQuery> => parse(PresenceQuery, 'query', { userIds });

async function parse<T>(metatype: new () => T, type: ArgumentMetadata['type'], value: unknown): Promise<T> {
  return (await pipe.transform(value, { type, metatype })) as T;
}

describe('PresenceQuery', () => {
  it.each([
    ['one', a, [a]],
    ['separated by commas', `${a},${b}`, [a, b]],
    ['repeated', [a, b], [a, b]],
    ['both, in capitals', [`${a},${b}`, c.toUpperCase()], [a, b, c]],
  ])('takes ids that are %s', async (_, given, expected) => {
    expect((await query(given)).userIds).toEqual(expected);
  });

  it.each([undefined, '', 'x', [`${a},`], { 0: a }, Array.from({ length: LIMITS.presenceWatch + 1 }, newId)])(
    'refuses %p',
    async (given) => {
      await expect(query(given)).rejects.toMatchObject({ code: 'payload_invalid' });
    },
  );
});

describe('WatchPresenceDto', () => {
  it('takes an empty list, and no more than the limit', async () => {
    const many = Array.from({ length: LIMITS.presenceWatch + 1 }, newId);
    expect((await parse(WatchPresenceDto, 'body', { userIds: [] })).userIds).toEqual([]);
    await expect(parse(WatchPresenceDto, 'body', { userIds: many })).rejects.toMatchObject({
      code: 'payload_invalid',
    });
  });
});
