import { describe, expect, test } from '@jest/globals';
import { type Placement, changesBetween, keepDeployments } from './placement.js';

function placement(environmentId: string, alias: string, fingerprint: string, deploymentId = 'new'): Placement {
  return { environmentId, definitionId: 'd', alias, aliasKey: alias.toLowerCase(), fingerprint, deploymentId };
}

describe('what a change does to the sets', () => {
  test.each([
    [
      'an addition',
      [],
      [placement('e', 'a', '1')],
      { upserts: [{ alias: 'a', fingerprint: '1', replaces: false }], removals: [], replaced: [] },
    ],
    [
      'a removal',
      [placement('e', 'a', '1')],
      [],
      { upserts: [], removals: ['a'], replaced: [{ alias: 'a', fingerprint: '1' }] },
    ],
    [
      'a replacement',
      [placement('e', 'a', '1')],
      [placement('e', 'a', '2')],
      {
        upserts: [{ alias: 'a', fingerprint: '2', replaces: true }],
        removals: [],
        replaced: [{ alias: 'a', fingerprint: '1' }],
      },
    ],
    [
      'a respelling',
      [placement('e', 'a', '1')],
      [placement('e', 'A', '1')],
      {
        upserts: [{ alias: 'A', fingerprint: '1', replaces: false }],
        removals: ['a'],
        replaced: [{ alias: 'a', fingerprint: '1' }],
      },
    ],
  ])('%s', (_what, before, after, change) => {
    expect(changesBetween(before, after)).toEqual([{ environmentId: 'e', ...change }]);
  });

  test('nothing, where alias and certificate stay: such a line keeps the deployment that brought it', () => {
    const before = [placement('e', 'a', '1', 'old'), placement('f', 'b', '2', 'old')];
    const after = [placement('e', 'a', '1'), placement('f', 'b', '3')];
    expect(changesBetween(before, after).map(({ environmentId }) => environmentId)).toEqual(['f']);
    expect(keepDeployments(before, after).map(({ deploymentId }) => deploymentId)).toEqual(['old', 'new']);
  });

  test('is in the order of the environments', () => {
    const after = ['c', 'a', 'b'].map((environment) => placement(environment, 'x', '1'));
    expect(changesBetween([], after).map(({ environmentId }) => environmentId)).toEqual(['a', 'b', 'c']);
  });
});
