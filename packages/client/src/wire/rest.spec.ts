import { type FetchLike, ParleyRest } from './rest';

/** A server that gives one answer, and what it was asked. */
function answering(status: number, body: string) {
  const asked: Parameters<FetchLike>[] = [];
  const fetch: FetchLike = async (...request) => {
    asked.push(request);
    return { status, text: async () => body };
  };
  return { asked, rest: new ParleyRest({ url: 'http://localhost:3000/', fetch }) };
}

describe('ParleyRest', () => {
  it('sends and returns JSON', async () => {
    const { rest, asked } = answering(201, '{"id":"c1"}');
    const reply = await rest.as('token').call<{ id: string }>('POST', '/v1/conversations', { kind: 'group' });
    expect(reply).toEqual({ id: 'c1' });
    expect(asked).toEqual([
      [
        'http://localhost:3000/v1/conversations',
        {
          method: 'POST',
          headers: {
            accept: 'application/json',
            authorization: 'Bearer token',
            'content-type': 'application/json',
          },
          body: '{"kind":"group"}',
        },
      ],
    ]);
  });

  it('sends neither token nor body where there is none, and takes an empty answer', async () => {
    const { rest, asked } = answering(204, '');
    expect(await rest.call('DELETE', '/v1/users/me')).toBeUndefined();
    expect(asked[0]?.[1]).toEqual({ method: 'DELETE', headers: { accept: 'application/json' } });
  });

  it('rejects with the error of the server', async () => {
    const error = { code: 'username_taken', message: 'Taken.', retryable: false, details: { username: 'a' } };
    const { rest } = answering(409, JSON.stringify({ error }));
    await expect(rest.call('POST', '/v1/auth/register', {})).rejects.toMatchObject({
      name: 'ParleyError',
      ...error,
    });
  });

  it.each([
    [502, true],
    [404, false],
    [200, false],
  ])('tells an answer of somebody else with status %i', async (status, retryable) => {
    const { rest } = answering(status, '<html>proxy</html>');
    await expect(rest.call('GET', '/v1/users/me')).rejects.toMatchObject({
      code: 'answer_invalid',
      message: `unable to GET /v1/users/me; status ${status} came, and not from Parley`,
      retryable,
    });
  });

  it.each(['', '{"messages":[{"id"'])('takes an answer cut off after %j for none', async (body) => {
    const { rest } = answering(200, body);
    await expect(rest.call('GET', '/v1/users/me')).rejects.toMatchObject({
      code: 'connection_lost',
      retryable: true,
    });
  });

  it('tells why there was no answer', async () => {
    const fetch: FetchLike = () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    const rest = new ParleyRest({ url: 'http://localhost:3000', fetch });
    await expect(rest.call('GET', '/v1/users/me')).rejects.toMatchObject({
      code: 'connection_lost',
      message: 'unable to GET /v1/users/me; no answer: connect ECONNREFUSED',
      retryable: true,
    });
  });
});
