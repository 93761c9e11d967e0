import { createHash } from 'node:crypto';
import { blockBody } from './block-body.js';
import { hasCertificateShape } from './certificate-shape.js';
import { dumps } from './literals/dumps.js';
import { everySight } from './forms/every-sight.js';
import { innerTexts, sightsOf } from './inner-texts.js';
import { countOf } from './large-text.js';
import { ANY_BEGIN, type PemBlock, familyOf, loneEnds, pemBlocks } from './pem-blocks.js';

/** Texts in one another that are looked at. */
const MAX_NESTED = 5;

/** A longer text is not looked at in every way. */
const LONGEST = 262_144;
/** Characters that are looked at in all of these ways together. */
const EFFORT = 6_000_000;

/**
 * Lines in which certificates begin that a text announces, by BEGIN lines in it and in everything that it may be taken for. They are
 * counted apart from how a text is read, so that nothing is lost in silence.
 *
 * @param holdsPem whether PEM lies in a text that lies in this one: nobody looks there twice in vain
 */
export function announcedLines(given: string, holdsPem: boolean): number[] {
  return new Walk(sightsOf, null).places(given, holdsPem ? 0 : MAX_NESTED).map(({ line }) => line);
}

/**
 * Certificates that stand in a text in forms that are read only where nothing else is left: null for each that is announced and
 * that is not whole there either, and one null where that takes too long. Base64 that has nothing but a certificate between
 * its lines of dashes is one, whatever it was carried in.
 */
export function announcedCertificates(given: string): (Buffer | null)[] {
  if (given.length > LONGEST) return [null];
  const walk = new Walk((text) => everySight(sightsOf(text)), EFFORT);
  const places = walk.places(given, 0);
  return walk.isWhole ? places.map(({ der }) => der) : [null];
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
  /** The certificate, if it is looked for and whole. */
  readonly der: Buffer | null;
}

/** Looks at a text in all the ways in which it may be seen, and at the texts in it. */
class Walk {
  readonly #known = new Map<string, Place[]>();
  #left: number;

  /** @param effort characters that are looked at when certificates are looked for; null: they are only counted */
  constructor(
    private readonly sights: (text: string) => readonly string[],
    private readonly effort: number | null,
  ) {
    this.#left = effort ?? Infinity;
  }

  /** Whether it came to its end. */
  get isWhole(): boolean {
    return this.#left >= 0;
  }

  places(given: string, depth: number): Place[] {
    if (this.effort === null) return most(this.sights(given).map((text) => this.#placesIn(text, depth)));
    const key = `${depth} ${createHash('sha256').update(given).digest('base64')}`;
    const known = this.#known.get(key);
    if (known || this.#left < 0) return known ?? [];
    const found = most(
      this.sights(given).map((text) => {
        this.#left -= text.length;
        return this.#left < 0 ? [] : this.#placesIn(text, depth);
      }),
    );
    this.#known.set(key, found);
    return found;
  }

  #placesIn(text: string, depth: number): Place[] {
    const inner = depth === MAX_NESTED ? [] : this.#placesWithin(text, depth);
    if (!ANY_BEGIN.test(text)) return inner;
    // The last column of a dump shows what the dump holds once more.
    const shown = dumps(text);
    const own = pemBlocks(text).filter(
      ({ label, from, to }) =>
        isAnnounced(label) &&
        !inner.some(({ at }) => at >= from && at < to) &&
        !shown.some((dump) => from >= dump.from && from < dump.to),
    );
    const places = own.map((block) => ({ at: block.from, line: block.line, der: this.#certificateIn(block) }));
    // An END line more than there are blocks is of one whose BEGIN line was lost.
    const ends = this.effort === null ? [] : [...loneEnds(text)].slice(own.length);
    return [...places, ...ends.map((at) => ({ at, line: 1, der: null })), ...inner].sort(
      (one, other) => one.at - other.at,
    );
  }

  #placesWithin(text: string, depth: number): Place[] {
    const ways: Place[][] = [];
    for (const found of innerTexts(text)) {
      const places: Place[] = [];
      for (const { at, text: inner } of found)
        for (const { der } of this.places(inner, depth + 1))
          places.push({ at, line: 1 + countOf(text.slice(0, at), '\n'), der });
      ways.push(places);
    }
    return most(ways);
  }

  #certificateIn({ body, prefix, cutOff }: PemBlock): Buffer | null {
    const { bytes } = this.effort === null || cutOff ? { bytes: null } : blockBody(body, prefix);
    return bytes && hasCertificateShape(bytes) ? bytes : null;
  }
}

/** The way in which most are whole, and of such ways the one in which most are announced. */
function most(ways: readonly Place[][]): Place[] {
  const whole = (places: readonly Place[]) => places.filter(({ der }) => der).length;
  return ways.reduce((best, each) => {
    const more = whole(each) - whole(best);
    return more > 0 || (more === 0 && each.length > best.length) ? each : best;
  }, []);
}

function isAnnounced(label: string): boolean {
  return ['certificate', 'pkcs7'].includes(familyOf(label));
}
