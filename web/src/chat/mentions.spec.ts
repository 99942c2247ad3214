import type { User } from '@parley/protocol';
import { completions, matching, mentionAt, mentionsIn } from './mentions';

const user = (username: string, displayName = username, deleted = false): User => ({
  ...{ id: `id of ${username}`, username, displayName, deleted },
});
const people = [user('ann', 'Ann Lee'), user('bob', '陈波'), user('annabel'), user('gone', 'gone', true)];

describe('mentions', () => {
  it.each([
    ['hi @an', 6, { from: 3, typed: 'an' }],
    ['@', 1, { from: 0, typed: '' }],
    ['hi @陈', 5, { from: 3, typed: '陈' }],
    ['hi @an more', 6, { from: 3, typed: 'an' }],
    ['hi @an more', 9, null],
    ['mail a@b', 8, null],
    ['nothing', 3, null],
  ])('are being written in %s at %i', (text, caret, at) => {
    expect(mentionAt(text, caret)).toEqual(at);
  });

  it('are completed by user name and by name, and everybody by all', () => {
    const names = (typed: string) => completions(matching(people, typed), typed);
    expect(names('an')).toEqual(['ann', 'annabel']);
    expect(names('陈')).toEqual(['bob']);
    expect(names('a')).toEqual(['ann', 'annabel', 'all']);
    expect(names('g')).toEqual([]);
  });

  it('are of those who are in the conversation', () => {
    expect(mentionsIn('@ann, @cat and @gone', people)).toEqual({
      mentions: ['id of ann'],
      mentionAll: false,
    });
    expect(mentionsIn('@all', people)).toEqual({ mentions: [], mentionAll: true });
    expect(mentionsIn('@ann', [])).toEqual({});
  });
});
