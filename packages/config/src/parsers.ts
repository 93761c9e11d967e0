import { isAbsolute } from 'node:path';
import type { Parsed } from './settings.js';

/** A whole number within limits. */
export function integer(least: number, most: number): (text: string) => Parsed<number> {
  return (text) =>
    /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most
      ? { value: Number(text) }
      : { problem: `must be a number from ${least} to ${most}` };
}

/** `true` or `false`. */
export function truth(text: string): Parsed<boolean> {
  return text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'must be true or false' };
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Parsed<Word> {
  return (text) => {
    const value = words.find((word) => word === text);
    return value === undefined ? { problem: `must be one of ${words.join(', ')}` } : { value };
  };
}

/** A path from the root: a program may be started anywhere. */
export function absolutePath(text: string): Parsed<string> {
  return isAbsolute(text) ? { value: text } : { problem: 'must be an absolute path' };
}

/** The URL of a service over HTTP, without what a client adds itself. */
export function httpUrl(text: string): Parsed<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && ['http:', 'https:'].includes(url.protocol) && !url.username && !url.search
    ? { value: url }
    : { problem: 'must be an http or https URL without user and query' };
}

/** A bearer token (RFC 6750). */
export function token(text: string): Parsed<string> {
  const value = text.trim();
  return /^[\x21-\x7e]+$/.test(value) ? { value } : { problem: 'must be printable ASCII without spaces' };
}

/** Words separated by commas, without empty ones. */
export function commaSeparated(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
