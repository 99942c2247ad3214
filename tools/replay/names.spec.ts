import { newRun, usernameOf } from './names';

describe('usernameOf', () => {
  it.each(['crimsun', '|QuaD-', '[ANF] MasterNinja', 'wanttolovedjango', '_', 'usr 11290', '你好', '...'])(
    'makes of %s what the server takes',
    (nick) => expect(usernameOf(nick, newRun())).toMatch(/^[a-z0-9][a-z0-9._-]{2,31}$/),
  );

  it('tells apart nicks that look alike, and runs', () => {
    const names = ['QuaD', 'quad', '|quad', 'quad-'].map((nick) => usernameOf(nick, 'r1'));
    expect(new Set([...names, usernameOf('quad', 'r2')]).size).toBe(5);
    expect(usernameOf('quad', 'r1')).toBe(usernameOf('quad', 'r1'));
  });
});
