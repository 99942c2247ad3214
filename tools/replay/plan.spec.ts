import type { Line } from './lines';
import { addressee, makePlan } from './plan';

const line = (person: string, act: string, conversation = 'day'): Line => {
  const isEvent = act === 'joined' || act === 'left';
  return { conversation, kind: 'group', person, act: isEvent ? act : { say: act } };
};
const stepsOf = (...lines: Line[]) => makePlan(lines).conversations[0]?.steps;
const say = (person: string, text: string, ...mentions: string[]) => ({ do: 'say', person, text, mentions });
const add = (...people: string[]) => ({ do: 'add', people });

describe('makePlan', () => {
  it('adds who speaks without having come, and nobody twice', () => {
    expect(stepsOf(line('a', 'hello'), line('a', 'again'), line('a', 'joined'))).toEqual([
      ...[add('a'), say('a', 'hello'), say('a', 'again')],
    ]);
  });

  it('adds at once who come one after the other', () => {
    expect(stepsOf(line('a', 'joined'), line('b', 'joined'), line('c', 'hello'))).toEqual([
      ...[add('a', 'b', 'c'), say('c', 'hello')],
    ]);
  });

  it('lets people leave who are there, and come again', () => {
    expect(stepsOf(line('x', 'left'), line('a', 'hello'), line('a', 'left'), line('a', 'back'))).toEqual([
      ...[add('a'), say('a', 'hello'), { do: 'leave', person: 'a' }, add('a'), say('a', 'back')],
    ]);
  });

  it('mentions whom a line addresses, as long as they are there', () => {
    const steps = stepsOf(
      ...[
        line('b', 'joined'),
        line('a', 'b: hello'),
        line('b', 'left'),
        line('a', 'b: gone?'),
        line('a', 'c: who?'),
      ],
    );
    expect(steps?.filter((step) => step.do === 'say')).toEqual([
      ...[say('a', 'b: hello', 'b'), say('a', 'b: gone?'), say('a', 'c: who?')],
    ]);
  });

  it('makes a conversation of each day, and leaves out empty lines', () => {
    const plan = makePlan([
      line('a', 'one', 'd1'),
      line('a', ' ', 'd1'),
      line('a', 'two', 'd2'),
      line('b', '', 'd3'),
    ]);
    expect(plan.conversations.map(({ title }) => title)).toEqual(['d1', 'd2']);
    expect(plan).toMatchObject({ people: ['a'], messages: 2, empty: 2 });
  });

  it('makes a direct conversation of a dialogue that both have a part in', () => {
    const turn = (conversation: string, person: string): Line => {
      return { conversation, kind: 'direct', person, act: { say: 'usr: 你好' } };
    };
    const plan = makePlan([turn('1', 'usr 1'), turn('1', 'sys 1'), turn('2', 'usr 2')]);
    expect(plan.conversations).toEqual([
      {
        kind: 'direct',
        title: '1',
        people: ['usr 1', 'sys 1'],
        steps: [say('usr 1', 'usr: 你好'), say('sys 1', 'usr: 你好')],
      },
    ]);
  });
});

describe('addressee', () => {
  it.each([
    ['kleedrac: hm', 'kleedrac'],
    ['KLEEDRAC: hm', 'kleedrac'],
    ['Will: hm', 'Will'],
    ['will: hm', 'will'],
    ['[ANF] MasterNinja: hm', '[ANF] MasterNinja'],
    ['best media player: VLC', null],
    ['http://example.org', null],
    [': kleedrac', null],
    ['kleedrac', null],
  ])('finds in "%s" %s', (text, expected) => {
    expect(addressee(text, ['Will', 'will', 'kleedrac', '[ANF] MasterNinja'])).toBe(expected);
  });
});
