/** A piece of a message's text. */
export type TextPart =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'link'; readonly text: string; readonly href: string }
  | { readonly is: 'mention'; readonly text: string; readonly username: string };

const PIECE = /(https?:\/\/[^\s<>"'`]+)|(?<![\p{L}\p{N}_@])@([a-z0-9][a-z0-9._-]{0,31}|\p{L}+)/giu;
/** What ends a sentence is none of the link in it. */
const AFTER_LINK = /[.,;:!?)\]}’”»。，；：！？）】」]+$/u;

/** Cuts a text into what is shown as it is, links, and mentions of those who are mentioned. */
export function partsOf(text: string, mentioned: ReadonlySet<string>): TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  const add = (part: TextPart, from: number) => {
    if (from > done) parts.push({ is: 'text', text: text.slice(done, from) });
    parts.push(part);
    done = from + part.text.length;
  };
  for (const { 0: piece, 1: url, 2: name, index } of text.matchAll(PIECE)) {
    if (url !== undefined) {
      const link = withoutEnd(piece);
      const href = hrefOf(link);
      if (href) add({ is: 'link', text: link, href }, index);
    } else if (name !== undefined) {
      const username = longest(name.toLowerCase(), mentioned);
      if (username) add({ is: 'mention', text: piece.slice(0, username.length + 1), username }, index);
    }
  }
  if (done < text.length) parts.push({ is: 'text', text: text.slice(done) });
  return parts;
}

/** Whose names stand behind an @ in a text. */
export function mentionedIn(text: string, usernames: ReadonlySet<string>): Set<string> {
  const found = partsOf(text, usernames).flatMap((part) => (part.is === 'mention' ? [part.username] : []));
  return new Set(found);
}

/** A closing bracket belongs to a link that has an opening one. */
function withoutEnd(link: string): string {
  const end = AFTER_LINK.exec(link)?.[0] ?? '';
  const keepsBracket = end.startsWith(')') && link.includes('(');
  return keepsBracket ? link.slice(0, link.length - end.length + 1) : link.slice(0, link.length - end.length);
}

/** Null for what is no address of a page. */
function hrefOf(link: string): string | null {
  if (!URL.canParse(link)) return null;
  const { protocol, href } = new URL(link);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

/** "@ann." at the end of a sentence is ann, unless somebody is called so. */
function longest(name: string, mentioned: ReadonlySet<string>): string | null {
  for (let end = name.length; end > 0; end--) {
    const candidate = name.slice(0, end);
    if (mentioned.has(candidate)) return candidate;
    if (!/[._-]$/.test(candidate)) return null;
  }
  return null;
}
