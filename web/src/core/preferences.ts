import { keptCell } from './cell';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

const oneOf =
  <T>(values: readonly T[]) =>
  (value: unknown): value is T =>
    values.includes(value as T);

/** What this browser's person prefers. */
export const theme = keptCell<Theme>('parley.theme', 'system', oneOf(THEMES));
export const language = keptCell<Language>('parley.language', preferred(), oneOf(LANGUAGES));
/** Whether new messages are told by the desktop; it has to permit that too. */
export const notifies = keptCell<boolean>('parley.notifies', false, oneOf([true, false]));

function preferred(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Puts theme and language onto the page, now and whenever they change. */
export function followPreferences(): void {
  const root = document.documentElement;
  const follow = () => {
    const chosen = theme.getSnapshot();
    if (chosen === 'system') delete root.dataset.theme;
    else root.dataset.theme = chosen;
    root.lang = language.getSnapshot() === 'zh' ? 'zh-CN' : 'en';
  };
  theme.subscribe(follow);
  language.subscribe(follow);
  follow();
}
