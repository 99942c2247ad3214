import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Refusal } from '../support/refusal';
import { parseLine, readLines } from './lines';

const CHANNEL = ['2004-12-25', '2004-12-25', '2005-02-08', '2006-01-01']
  .map((day, index) => JSON.stringify({ day, time: '09:14', nick: `n${index}`, text: `line ${index}` }))
  .join('\n');

describe('parseLine', () => {
  it('reads what was said in a channel, who came and who went', () => {
    const place = { conversation: '2004-12-25', kind: 'group', person: '|QuaD-' };
    const of = (rest: object) => parseLine(JSON.stringify({ day: '2004-12-25', nick: '|QuaD-', ...rest }));
    expect(of({ time: '09:15', text: 'totem xine' })).toEqual({ ...place, act: { say: 'totem xine' } });
    expect(of({ event: 'joined' })).toEqual({ ...place, act: 'joined' });
    expect(of({ event: 'left' })).toEqual({ ...place, act: 'left' });
  });

  it('reads a turn of a dialogue; each dialogue has two people of its own', () => {
    expect(parseLine('{"dialogue": "11290", "turn": 0, "from": "usr", "text": "你好"}')).toEqual({
      ...{ conversation: '11290', kind: 'direct', person: 'usr 11290', act: { say: '你好' } },
    });
  });

  it.each([
    '',
    'text',
    'null',
    '[]',
    '{}',
    '{"day":"d","nick":"n","event":"kicked"}',
    '{"day":1,"nick":"n","text":""}',
  ])('knows that this is no line: %s', (text) => expect(parseLine(text)).toBeNull());
});

describe('readLines', () => {
  let folder: string;
  const file = async (content: string | Buffer) => {
    const path = join(folder, 'recording');
    await writeFile(path, content);
    return path;
  };
  const read = async (content: string | Buffer, selection = {}) =>
    (await readLines(await file(content), selection)).map(({ person }) => person);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-lines-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads plain and gzipped files alike', async () => {
    expect(await read(CHANNEL)).toEqual(['n0', 'n1', 'n2', 'n3']);
    expect(await read(gzipSync(CHANNEL))).toEqual(['n0', 'n1', 'n2', 'n3']);
  });

  it('begins with the day named or the next one, and ends after so many lines', async () => {
    expect(await read(CHANNEL, { from: '2005-02-08' })).toEqual(['n2', 'n3']);
    expect(await read(CHANNEL, { from: '2005-01-01', lines: 1 })).toEqual(['n2']);
    expect(await read(CHANNEL, { lines: 3 })).toEqual(['n0', 'n1', 'n2']);
  });

  it('says in a sentence what is wrong with a file', async () => {
    const refused = async (content: string | Buffer, selection = {}) =>
      readLines(await file(content), selection).catch((error: unknown) => error);
    expect(await refused(`${CHANNEL}\n{"half": `)).toEqual(
      new Refusal(`Line 5 of ${folder}/recording is no line of a recorded conversation.`),
    );
    expect(await refused(CHANNEL, { from: '2017-01-01' })).toEqual(
      new Refusal(`There is nothing in ${folder}/recording from 2017-01-01 on.`),
    );
    expect(await refused(gzipSync(CHANNEL).subarray(0, 60))).toBeInstanceOf(Refusal);
    expect(await readLines('/nowhere').catch((error: unknown) => error)).toEqual(
      new Refusal('There is no file /nowhere.'),
    );
  });
});
