import { expect, test } from '@jest/globals';
import { MAX_QUARANTINED } from '@trustcast/schema';
import { sizeOf } from './fit-jvms.js';
import { fitQuarantine } from './fit-quarantine.js';

const entry = (alias: string) => ({ alias, fingerprint: 'a'.repeat(64), jdk: '/opt/jdk' });

test('a quarantine that is empty is none', () => {
  expect(fitQuarantine([])).toBeNull();
});

test('a small quarantine is reported whole', () => {
  expect(fitQuarantine([entry('a'), entry('b')])).toEqual({ entries: [entry('a'), entry('b')], total: 2 });
});

test('a large quarantine is cut to what a report lists, and its size is said', () => {
  const kept = Array.from({ length: 200 }, (_, at) => entry(`${at}`));
  expect(fitQuarantine(kept)).toEqual({ entries: kept.slice(0, MAX_QUARANTINED), total: 200 });
});

test('long aliases leave room for JVMs', () => {
  const report = fitQuarantine(Array.from({ length: 40 }, () => entry('\u{20ac}'.repeat(255))));
  expect(report?.total).toBe(40);
  expect(report?.entries.length).toBeGreaterThan(0);
  expect(sizeOf(report)).toBeLessThan(9 * 1_024);
});
