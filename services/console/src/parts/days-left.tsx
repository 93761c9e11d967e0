import { useLanguage } from '../strings/strings.js';
import { Pill, type Tone } from './pill.js';

const SOON_DAYS = 30;

export function toneOfDays(days: number): Tone {
  return days < 0 ? 'bad' : days <= SOON_DAYS ? 'warn' : 'good';
}

export function DaysLeft({ days, notAfter }: { readonly days: number; readonly notAfter: string }) {
  const { strings, language } = useLanguage();
  return (
    <span title={exact(notAfter, language)}>
      <Pill tone={toneOfDays(days)}>{days < 0 ? strings.days.expired(-days) : strings.days.left(days)}</Pill>
    </span>
  );
}

function exact(at: string, language: string): string {
  return `${new Date(at).toLocaleString(language)} (${at})`;
}

/** A time in the person's zone, with the exact instant beside the pointer. */
export function Moment({ at }: { readonly at: string }) {
  const { language } = useLanguage();
  return (
    <time dateTime={at} title={at}>
      {new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })}
    </time>
  );
}
