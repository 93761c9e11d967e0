import { expect, test } from '@jest/globals';
import { planEpoch } from './epoch-plan.js';

const held = (alias: string, fingerprint: string) => ({ alias, fingerprint });
const stored = (name: string, alias: string, fingerprint: string, compromised = false) => {
  return { name, alias, fingerprint, compromised };
};
const shown = (...given: Parameters<typeof planEpoch>) =>
  planEpoch(...given).map(({ action, name, before, after, retrusts }) =>
    [action, name, before?.alias, after?.alias, retrusts].join(' '),
  );

test('what hosts and database have alike is no step', () => {
  expect(planEpoch([held('a', '1')], [stored('one', 'a', '1')])).toEqual([]);
});

test('deletions come first by name, compromised ones before all, then replacements, then what goes', () => {
  const hosts = [held('kept', '1'), held('changed', '2'), held('Renamed', '3'), held('newer', '4')];
  const database = [
    stored('kept', 'kept', '1'),
    stored('changed', 'CHANGED', '20'),
    stored('renamed', 'renamed', '3'),
    stored('b', 'b', '30'),
    stored('a', 'a', '31'),
    stored('z', 'z', '32', true),
  ];
  expect(shown(hosts, database)).toEqual([
    'ADD z  z true',
    'ADD a  a true',
    'ADD b  b true',
    'REPLACE changed changed CHANGED true',
    'REPLACE renamed Renamed renamed false',
    'REMOVE  newer  false',
  ]);
});

test('an alias that another certificate took over meanwhile is not what it was before', () => {
  // Hosts have 1 under b and 2 under a; the database has 1 under a and knows nothing of 2.
  expect(shown([held('b', '1'), held('a', '2')], [stored('one', 'a', '1')])).toEqual([
    'REPLACE one b a false',
    'REMOVE  a  false',
  ]);
});

test('every fingerprint that hosts do not have is trusted again, whatever its alias', () => {
  const steps = planEpoch([held('a', '1'), held('b', '2')], [stored('one', 'b', '1'), stored('two', 'a', '3')]);
  expect(steps.filter(({ retrusts }) => retrusts).map(({ after }) => after?.fingerprint)).toEqual(['3']);
  expect(steps.filter(({ action }) => action === 'REMOVE').map(({ before }) => before?.fingerprint)).toEqual(['2']);
});
