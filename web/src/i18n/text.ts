import { language } from '../core/preferences';
import { useStore } from '../core/use-store';
import { type Dictionary, en } from './en';
import { zh } from './zh';

const dictionaries: Record<ReturnType<typeof language.getSnapshot>, Dictionary> = { en, zh };

/** The words now, for what is no component. */
export function text(): Dictionary {
  return dictionaries[language.getSnapshot()];
}

export function useText(): Dictionary {
  return dictionaries[useStore(language)];
}
