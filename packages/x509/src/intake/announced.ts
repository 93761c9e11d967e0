import { dumps } from './literals/dumps.js';
import { innerTexts, sightsOf } from './inner-texts.js';
import { countOf } from './large-text.js';
import { ANY_BEGIN, familyOf, pemBlocks } from './pem-blocks.js';

/** Texts in one another that are looked at. */
const MAX_NESTED = 5;

/**
 * Lines in which certificates begin that a text announces, by BEGIN lines in it and in everything that it may be taken for. They are
 * counted apart from how a text is read, so that nothing is lost in silence.
 *
 * @param holdsPem whether PEM lies in a text that lies in this one: nobody looks there twice in vain
 */
export function announcedLines(given: string, holdsPem: boolean): number[] {
  return placesIn(given, holdsPem ? 0 : MAX_NESTED).map(({ line }) => line);
}

/**
 * What to say of certificates that are announced and that were not found, one by one.
 *
 * @param known how many were found or named as broken
 */
export function lostCertificates(lines: readonly number[], known: number): string[] {
  const shown = [...new Set(lines)].slice(0, 10);
  const all = `${shown.join(', ')}${lines.length > shown.length ? ' …' : ''}`;
  const found = known === 0 ? 'none' : `only ${known}`;
  return lines.slice(known).map((line) => {
    const place = known === 0 ? `one begins in line ${line}` : `${lines.length} begin in lines ${all}`;
    return (
      `a certificate was announced and not found: ${place} of this text, and ${found} could be read. Its form is not known: ` +
      'give it as PEM alone, from its BEGIN line to its END line'
    );
  });
}

interface Place {
  readonly at: number;
  readonly line: number;
}

function placesIn(given: string, depth: number): Place[] {
  return most(sightsOf(given).map((text) => placesInSight(text, depth)));
}

function placesInSight(text: string, depth: number): Place[] {
  const inner = depth === MAX_NESTED ? [] : placesWithin(text, depth);
  if (!ANY_BEGIN.test(text)) return inner;
  // The last column of a dump shows what the dump holds once more.
  const shown = dumps(text);
  const own = pemBlocks(text).filter(
    ({ label, from, to }) =>
      isAnnounced(label) &&
      !inner.some(({ at }) => at >= from && at < to) &&
      !shown.some((dump) => from >= dump.from && from < dump.to),
  );
  return [...own.map(({ from, line }) => ({ at: from, line })), ...inner].sort((one, other) => one.at - other.at);
}

function placesWithin(text: string, depth: number): Place[] {
  const ways: Place[][] = [];
  for (const found of innerTexts(text)) {
    const places: Place[] = [];
    for (const inner of found)
      for (let left = placesIn(inner.text, depth + 1).length; left > 0; left--)
        places.push({ at: inner.at, line: 1 + countOf(text.slice(0, inner.at), '\n') });
    ways.push(places);
  }
  return most(ways);
}

function most(ways: readonly Place[][]): Place[] {
  return ways.reduce((best, each) => (each.length > best.length ? each : best), []);
}

function isAnnounced(label: string): boolean {
  return ['certificate', 'pkcs7'].includes(familyOf(label));
}
