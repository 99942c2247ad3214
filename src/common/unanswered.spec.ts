import { Unanswered } from './unanswered';

it('knows once what may have been done before', async () => {
  const unanswered = new Unanswered();
  const done = () => unanswered.run('key', () => Promise.resolve('done'));
  expect(await done()).toEqual({ result: 'done', mayHaveBeen: false });
  await expect(unanswered.run('key', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await unanswered.run('other', () => Promise.resolve(1))).toEqual({ result: 1, mayHaveBeen: false });
  expect(await done()).toEqual({ result: 'done', mayHaveBeen: true });
  expect(await done()).toEqual({ result: 'done', mayHaveBeen: false });
});
