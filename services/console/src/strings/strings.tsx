import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { en, type Strings } from './en.js';
import { tr } from './tr.js';

export const LANGUAGES = { en: 'English', tr: 'Türkçe' } as const;
export type Language = keyof typeof LANGUAGES;

const ALL: Readonly<Record<Language, Strings>> = { en, tr };
const KEY = 'trustcast.language';

interface Chosen {
  readonly language: Language;
  readonly strings: Strings;
  readonly choose: (language: Language) => void;
}

const StringsContext = createContext<Chosen | null>(null);

export function useLanguage(): Chosen {
  const chosen = use(StringsContext);
  if (!chosen) throw new Error('no language');
  return chosen;
}

/** The texts of the console in the chosen language. */
export function useStrings(): Strings {
  return useLanguage().strings;
}

function firstLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'en' || chosen === 'tr') return chosen;
  return navigator.language.startsWith('tr') ? 'tr' : 'en';
}

export function StringsProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const chosen = useMemo<Chosen>(
    () => ({
      language,
      strings: ALL[language],
      choose: (next) => {
        localStorage.setItem(KEY, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return (
    <StringsContext value={chosen}>
      <I18nProvider locale={language}>{children}</I18nProvider>
    </StringsContext>
  );
}
