import { mentionedIn, partsOf } from './text-parts';

const shown = (text: string, ...mentioned: string[]) =>
  partsOf(text, new Set(mentioned)).map((part) => (part.is === 'text' ? part.text : [part.is, part.text]));

describe('the parts of a text', () => {
  it.each([
    ['plain', ['plain']],
    ['see https://example.org/a?b=1#c.', ['see ', ['link', 'https://example.org/a?b=1#c'], '.']],
    ['(https://example.org/a)', ['(', ['link', 'https://example.org/a'], ')']],
    ['https://example.org/a_(b)', [['link', 'https://example.org/a_(b)']]],
    ['看 https://example.org/路径。', ['看 ', ['link', 'https://example.org/路径'], '。']],
    ['http://', ['http://']],
    ['javascript:alert(1) data:text/html,x', ['javascript:alert(1) data:text/html,x']],
    ['<a href="https://example.org">', ['<a href="', ['link', 'https://example.org'], '">']],
  ])('finds the links of %s', (text, parts) => {
    expect(shown(text)).toEqual(parts);
  });

  it('finds mentions of those who are mentioned, and of no others', () => {
    expect(shown('@ann and @bob', 'ann')).toEqual([['mention', '@ann'], ' and @bob']);
    expect(shown('ask @Ann.', 'ann')).toEqual(['ask ', ['mention', '@Ann'], '.']);
    expect(shown('@ann.b', 'ann', 'ann.b')).toEqual([['mention', '@ann.b']]);
    expect(shown('mail ann@bob', 'bob')).toEqual(['mail ann@bob']);
    expect(shown('@annabel', 'ann')).toEqual(['@annabel']);
    expect(shown('@all: now', 'all')).toEqual([['mention', '@all'], ': now']);
  });

  it('loses nothing of the text', () => {
    const text = 'a @ann https://x.org/) @bob\n<b>https://</b> @@ann';
    expect(
      partsOf(text, new Set(['ann']))
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  });

  it('names those who are mentioned once', () => {
    expect(mentionedIn('@ann @bob @ann', new Set(['ann', 'cat']))).toEqual(new Set(['ann']));
  });
});
