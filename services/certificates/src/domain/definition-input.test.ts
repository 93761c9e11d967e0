import { describe, expect, test } from '@jest/globals';
import { markerCertificate } from '@trustcast/keystore';
import { planDefinitions } from './definition-input.js';

const EXISTING = [
  { id: 'one', alias: 'a', source: 'FILE' as const, fingerprint: 'f1', environmentIds: [] },
  { id: 'two', alias: 'b', source: 'FILE' as const, fingerprint: 'f2', environmentIds: [] },
];

function refusals(...inputs: Parameters<typeof planDefinitions>): (readonly [string, string | undefined])[] {
  const plan = planDefinitions(...inputs);
  return 'refusals' in plan ? plan.refusals.map(({ code, field }) => [code, field?.join('.')] as const) : [];
}

describe('the definitions of a certificate', () => {
  test('must be there, and each must have an environment, an alias, a source and a certificate', () => {
    expect(refusals([])).toEqual([['INVALID_INPUT', 'definitions']]);
    expect(refusals([{ environments: [], alias: ' x', content: null }])).toEqual([
      ['INVALID_INPUT', 'definitions.0.environments'],
      ['INVALID_INPUT', 'definitions.0.alias'],
      ['INVALID_INPUT', 'definitions.0.source'],
      ['INVALID_INPUT', 'definitions.0.content'],
    ]);
  });

  test('keep what they are not told to change', () => {
    const plan = planDefinitions([{ id: 'two', environments: ['e', 'e'], alias: 'B' }], EXISTING);
    expect(plan).toEqual({
      definitions: [{ id: 'two', alias: 'B', aliasKey: 'b', source: 'FILE', fingerprint: 'f2', environments: ['e'] }],
      certificates: [],
    });
  });

  test('share no environment, and are named once', () => {
    const twice = { environments: ['e'], alias: 'x' };
    expect(
      refusals(
        [
          { id: 'one', ...twice },
          { id: 'two', ...twice },
        ],
        EXISTING,
      ),
    ).toEqual([['INVALID_INPUT', 'definitions.1.environments']]);
    expect(
      refusals(
        [
          { id: 'one', ...twice },
          { id: 'one', environments: ['f'], alias: 'y' },
        ],
        EXISTING,
      ),
    ).toEqual([['INVALID_INPUT', 'definitions.1.id']]);
    expect(refusals([{ id: 'three', ...twice }], EXISTING)[0]).toEqual(['INVALID_INPUT', 'definitions.0.id']);
  });

  test("are not a truststore's marker", () => {
    const der = markerCertificate('22222222-2222-4222-8222-222222222222');
    const content = Buffer.from(der).toString('base64');
    const input = {
      environments: ['e'],
      alias: 'm',
      source: 'CLIPBOARD' as const,
      encoding: 'BASE64' as const,
      content,
    };
    expect(refusals([input])).toEqual([['INVALID_INPUT', 'definitions.0.content']]);
  });
});
