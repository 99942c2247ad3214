import type { MessageList } from '@parley/client';
import { useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { Rows } from './rows';
import { type Range, Scroller } from './scroller';

/** Until it has been laid out the screen is taken to be so high. */
const UNKNOWN_HEIGHT = 800;

export interface Scrolling {
  readonly scroller: Scroller;
  readonly rows: Rows;
  readonly range: Range;
  readonly toEnd: () => void;
  /** Puts a row at such a part of the screen's height, from above. */
  readonly toRow: (id: string, seq: number | null, part: number) => void;
}

/**
 * Keeps a list drawn around where it is scrolled to.
 *
 * @param onMoved Told, with the last row that is on the screen, after each drawing and each scroll.
 */
export function useScroller(
  element: { readonly current: HTMLElement | null },
  list: MessageList,
  onMoved: (lastVisible: number) => void,
): Scrolling {
  const scroller = useMemo(() => new Scroller(), []);
  const rows = useMemo(() => {
    const made = new Rows(list);
    scroller.setRows(made);
    return made;
  }, [list]);
  const [, redraw] = useReducer((count: number, _: void) => count + 1, 0);
  const heightOf = () => element.current?.clientHeight || UNKNOWN_HEIGHT;
  const range = scroller.range(heightOf());
  const latest = useRef({ range, onMoved });
  latest.current = { range, onMoved };

  // After each drawing: what was drawn has its real heights now.
  useLayoutEffect(() => {
    const box = element.current;
    if (!box) return;
    settle(box, scroller, latest.current.range);
    if (!covers(latest.current.range, scroller.range(box.clientHeight))) redraw();
    latest.current.onMoved(scroller.heights.rowAt(box.scrollTop + box.clientHeight - 1));
  });

  useLayoutEffect(() => {
    const box = element.current;
    if (!box) return;
    const scrolled = () => {
      scroller.scrolled(box.scrollTop, box.clientHeight);
      if (!covers(latest.current.range, scroller.range(box.clientHeight))) redraw();
      latest.current.onMoved(scroller.heights.rowAt(box.scrollTop + box.clientHeight - 1));
    };
    const resized = new ResizeObserver(() => settle(box, scroller, latest.current.range));
    resized.observe(box);
    const content = box.firstElementChild;
    if (content) resized.observe(content);
    box.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      resized.disconnect();
      box.removeEventListener('scroll', scrolled);
    };
  }, []);

  const toEnd = () => {
    scroller.toEnd();
    redraw();
  };
  const toRow = (id: string, seq: number | null, part: number) => {
    scroller.toRow(id, seq, heightOf() * part);
    redraw();
  };
  return { scroller, rows, range, toEnd, toRow };
}

/** Gives the list its height, and scrolls it so that the anchor is where it was. */
function settle(box: HTMLElement, scroller: Scroller, { from }: Range): void {
  const content = box.firstElementChild as HTMLElement;
  const drawn = content.children;
  const sizes: [number, number][] = [];
  for (let at = 0; at < drawn.length; at++) {
    sizes.push([from + at, (drawn[at] as HTMLElement).getBoundingClientRect().height]);
  }
  const { heights } = scroller;
  heights.measure(sizes);
  const before = `${heights.offsetOf(from)}px`;
  const after = `${heights.total - heights.offsetOf(from + drawn.length)}px`;
  if (content.style.paddingTop !== before) content.style.paddingTop = before;
  if (content.style.paddingBottom !== after) content.style.paddingBottom = after;
  const top = scroller.topFor(box.clientHeight);
  if (Math.abs(box.scrollTop - top) >= 1) box.scrollTop = top;
  // Of a row that could not be brought up so far: there is no more below it.
  if (!scroller.isAtEnd && heights.total - top - box.clientHeight < 1) scroller.toEnd();
}

/** Whether what is drawn has all that is wanted. */
function covers(drawn: Range, wanted: Range): boolean {
  return drawn.from <= wanted.from && drawn.to >= wanted.to;
}
