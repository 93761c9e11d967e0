import { describe, expect, test } from '@jest/globals';
import { eachText } from '@trustcast/schema';
import type { CertificateRecord } from './certificate-record.js';
import {
  type DeployedCertificate,
  changesBetween,
  deltaOf,
  entriesOf,
  keepDeployments,
  mergeChanges,
} from './entry.js';

const TEXTS = eachText((text) => `${text} of one`);

/** A certificate whose entries are written as `environment alias fingerprint`. */
function deployed(texts: readonly string[], deploymentId = 'new'): DeployedCertificate | null {
  const definitions = texts.map((text, index) => {
    const [environmentId = '', alias = '', fingerprint = ''] = text.split(' ');
    const content = { alias, source: 'CONNECTION' as const, url: 'https://a', fingerprint };
    return { id: `d${index}`, ...content, environmentIds: [environmentId] };
  });
  const certificate: CertificateRecord = {
    ...{ id: 'c', name: 'one', ...TEXTS, version: 1, createdAt: '', updatedAt: '' },
    definitions,
  };
  return definitions.length === 0 ? null : { certificate, entries: entriesOf(definitions, deploymentId) };
}

describe('what a change does to the sets', () => {
  test.each([
    ['an addition', [], ['e a 1'], { upserts: [{ alias: 'a', fingerprint: '1', replaces: false }], removals: [] }],
    ['a removal', ['e a 1'], [], { upserts: [], removals: ['a'] }],
    [
      'a replacement',
      ['e a 1'],
      ['e a 2'],
      { upserts: [{ alias: 'a', fingerprint: '2', replaces: true }], removals: [] },
    ],
    [
      'a respelling',
      ['e a 1'],
      ['e A 1'],
      { upserts: [{ alias: 'A', fingerprint: '1', replaces: false }], removals: ['a'] },
    ],
  ])('%s', (_what, before, after, delta) => {
    const changes = changesBetween(deployed(before), deployed(after));
    expect(changes.map(({ environmentId }) => environmentId)).toEqual(['e']);
    expect(deltaOf(changes.flatMap(({ entries }) => entries))).toEqual(delta);
  });

  test('is kept with the certificate as it is then, and with where its content came from', () => {
    const named = { certificateId: 'c', name: 'one', ...TEXTS };
    const [before, after] = [
      { alias: 'a', fingerprint: '1' },
      { alias: 'a', fingerprint: '2', source: 'CONNECTION', url: 'https://a' },
    ];
    expect(changesBetween(deployed(['e a 1']), deployed(['e a 2']))).toEqual([
      { environmentId: 'e', entries: [{ ...named, before, after }] },
    ]);
    expect(changesBetween(deployed(['e a 1']), null)).toEqual([
      { environmentId: 'e', entries: [{ ...named, before, after: null }] },
    ]);
  });

  test('nothing, where alias and certificate stay: such an entry keeps the deployment that brought it', () => {
    const before = deployed(['e a 1', 'f b 2'], 'old');
    const after = deployed(['e a 1', 'f b 3']);
    expect(changesBetween(before, after).map(({ environmentId }) => environmentId)).toEqual(['f']);
    const kept = keepDeployments(before, after?.entries ?? []);
    expect(kept.map(({ deploymentId }) => deploymentId)).toEqual(['old', 'new']);
  });

  test('is in the order of the environments, and of several certificates one change for each', () => {
    const changes = changesBetween(null, deployed(['c x 1', 'a x 1', 'b x 1']));
    expect(changes.map(({ environmentId }) => environmentId)).toEqual(['a', 'b', 'c']);
    const merged = mergeChanges([...changes, ...changesBetween(deployed(['b y 2']), null)]);
    expect(merged.map(({ environmentId, entries }) => [environmentId, entries.length])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 1],
    ]);
  });
});
