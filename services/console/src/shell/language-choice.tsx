import { LANGUAGES, type Language, useLanguage } from '../strings/strings.js';

export function LanguageChoice() {
  const { language, strings, choose } = useLanguage();
  return (
    <label className="language">
      <span className="hidden">{strings.shell.language}</span>
      <select value={language} onChange={(event) => choose(event.target.value as Language)}>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
