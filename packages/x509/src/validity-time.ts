import type { Asn1Element } from '@trustcast/keystore';
import { demand } from './demand.js';

type Six = [number, number, number, number, number, number];

/** YYMMDDHHMM[SS]: seconds are mandatory by RFC 5280, and old roots omit them. Java takes an offset
 * in place of Z where there are seconds. */
const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:Z|(?<=\d{12})([+-])(\d\d)(\d\d))$/;
/** Also with a fraction of a second, of which every JDK takes up to three digits. */
const GENERALIZED_TIME =
  /^(\d\d\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:[.,]\d{1,3})?)?(?:Z|(?<=\d{14}(?:[.,]\d{1,3})?)([+-])(\d\d)(\d\d))$/;

/** A time of a validity as it is written. */
export interface ValidityTime {
  readonly date: Date;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly offsetHours: number;
  /** Whether it has seconds, no fraction and no offset, as RFC 5280 wants. */
  readonly isPlain: boolean;
}

const PLAIN = /^\d+Z$/;

/** Reads UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5), and what every JDK takes besides; to the second. */
export function readTime({ tag, content }: Asn1Element): ValidityTime {
  demand(tag === 0x17 || tag === 0x18, 'VALIDITY', 'the validity is not a time');
  const match = (tag === 0x17 ? UTC_TIME : GENERALIZED_TIME).exec(content.toString('latin1'));
  demand(match !== null, 'VALIDITY', 'a time of the validity is malformed');
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits || 0)) as Six;
  const [offsetHours, offsetMinutes] = [Number(match[8] ?? 0), Number(match[9] ?? 0)];
  demand(offsetHours < 24 && offsetMinutes < 60, 'VALIDITY', 'an offset of its validity is out of range');
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 60;
  demand(inRange, 'VALIDITY', 'a time of its validity is out of range');
  const century = tag === 0x18 ? 0 : year < 50 ? 2000 : 1900;
  const time = new Date(0);
  // Unlike Date.UTC, this takes the years 0 to 99 as they are.
  time.setUTCFullYear(century + year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  return {
    date: new Date(time.getTime() + (match[7] === '+' ? -offsetMs : offsetMs)),
    year: century + year,
    month,
    day,
    offsetHours,
    isPlain: match[6] !== undefined && PLAIN.test(content.toString('latin1')),
  };
}
