import type { Asn1Element } from '@trustcast/keystore';
import { demand } from './demand.js';

/** YYMMDDHHMM[SS]Z: seconds are mandatory by RFC 5280, and old roots omit them. */
const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/;
const GENERALIZED_TIME = /^(\d\d\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/;

/** Reads UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5). */
export function readTime({ tag, content }: Asn1Element): Date {
  demand(tag === 0x17 || tag === 0x18, 'VALIDITY', 'its validity is not a time');
  const match = (tag === 0x17 ? UTC_TIME : GENERALIZED_TIME).exec(content.toString('latin1'));
  demand(match !== null, 'VALIDITY', 'a time of its validity is malformed');
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.map((digits) => Number(digits || 0));
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 60;
  demand(inRange, 'VALIDITY', 'a time of its validity is out of range');
  const century = tag === 0x18 ? 0 : year < 50 ? 2000 : 1900;
  const time = new Date(0);
  // Unlike Date.UTC, this takes the years 0 to 99 as they are.
  time.setUTCFullYear(century + year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  return time;
}
