import { createLog } from '@trustcast/config';
import { BASE_ALIAS_PREFIX, type Entry, fingerprintOf } from '@trustcast/schema';
import type { Config } from '../config.js';
import { BaseError } from '../errors.js';
import { pathsOf } from '../state/agent-directory.js';
import { baseFileOf, readBase } from '../truststore/base.js';
import { Quarantine } from '../truststore/quarantine.js';
import { type Finding, notice, ok, problem } from './finding.js';

const NAMED = 3;

/** Compares the configured base with the base entries of the truststore, which are null where it does not open. */
export function baseChecks(config: Config, written: readonly Entry[] | null): Finding[] {
  try {
    const path = baseFileOf(config.base);
    const entries = path === null ? [] : readBase(path, config.basePassword).entries;
    const quarantine = new Quarantine(pathsOf(config.directory).state, createLog('silent'));
    const expected = entries.filter((entry) => !quarantine.holds(entry));
    const different = written && difference(expected, written.filter(isOfBase));
    const name = path === null ? 'none' : `${path}, ${entries.length} CAs`;
    if (different) return [problem('base', `${name}, is not what the truststore was written with: that ${different}`)];
    if (path === null) return [notice('base', 'none: only managed certificates are in the truststore')];
    return [written ? ok('base', name) : notice('base', `${name}, cannot be compared with the truststore`)];
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    return [problem('base', `${error.code}: ${error.message}: correct TRUSTCAST_BASE`)];
  }
}

/** Describes how `found` differs from `expected`, by certificates and not by aliases; null where they are the same. */
export function difference(expected: readonly Entry[], found: readonly Entry[]): string | null {
  const lacking = without(expected, found);
  const more = without(found, expected);
  const parts = [
    ...(lacking.length > 0 ? [`lacks ${named(lacking)}`] : []),
    ...(more.length > 0 ? [`has ${named(more)} more`] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : null;
}

export function isOfBase({ alias }: Entry): boolean {
  return alias.startsWith(BASE_ALIAS_PREFIX);
}

function without(entries: readonly Entry[], others: readonly Entry[]): Entry[] {
  const known = new Set(others.map(({ der }) => fingerprintOf(der)));
  return entries.filter(({ der }) => !known.has(fingerprintOf(der)));
}

function named(entries: readonly Entry[]): string {
  const few = entries
    .slice(0, NAMED)
    .map(({ alias, der }) => `${alias.slice(BASE_ALIAS_PREFIX.length)} ${fingerprintOf(der).slice(0, 16)}`);
  return `${entries.length} (${[...few, ...(entries.length > NAMED ? ['…'] : [])].join(', ')})`;
}
