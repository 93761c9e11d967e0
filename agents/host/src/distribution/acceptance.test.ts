import { describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS, STATEMENT_LIFETIME_MS, type Statement } from '@trustcast/schema';
import fc from 'fast-check';
import { evaluateStatement } from './acceptance.js';

const NOW = Date.UTC(2026, 0, 1);
const scope = {
  installation: '11111111-1111-4111-8111-111111111111',
  environment: '22222222-2222-4222-8222-222222222222',
};
const digest = 'a'.repeat(64);
const statement = (over: Partial<Statement> = {}): Statement => ({
  ...scope,
  epoch: 1,
  revision: 5,
  digest,
  issuedAt: NOW,
  expiresAt: NOW + STATEMENT_LIFETIME_MS,
  ...over,
});
const accepted = { epoch: 1, revision: 5, digest };

describe('acceptance', () => {
  test('a higher revision is a candidate, also when it skips some', () => {
    expect(evaluateStatement(statement({ revision: 6 }), scope, accepted, null, true, NOW)).toBe('CANDIDATE');
    expect(evaluateStatement(statement({ revision: 600 }), scope, accepted, null, true, NOW)).toBe('CANDIDATE');
  });

  test('a higher epoch is a candidate although its revision is lower', () => {
    expect(evaluateStatement(statement({ epoch: 2, revision: 0 }), scope, accepted, null, true, NOW)).toBe('CANDIDATE');
  });

  test('the same position with the same digest says nothing new', () => {
    expect(evaluateStatement(statement(), scope, accepted, null, true, NOW)).toBe('SAME');
  });

  test('the same position with the same digest brings back a set that was lost, and nothing else does', () => {
    expect(evaluateStatement(statement(), scope, accepted, null, false, NOW)).toBe('CANDIDATE');
    expect(evaluateStatement(statement({ revision: 4 }), scope, accepted, null, false, NOW)).toBe('OLD');
    expect(evaluateStatement(statement({ digest: 'b'.repeat(64) }), scope, accepted, null, false, NOW)).toBe(
      'EQUIVOCATION',
    );
  });

  test('the same position with another digest is an equivocation', () => {
    expect(evaluateStatement(statement({ digest: 'b'.repeat(64) }), scope, accepted, null, true, NOW)).toBe(
      'EQUIVOCATION',
    );
  });

  test('a lower revision, and a lower epoch with any revision, is old', () => {
    expect(evaluateStatement(statement({ revision: 4 }), scope, accepted, null, true, NOW)).toBe('OLD');
    expect(evaluateStatement(statement({ epoch: 0, revision: 99 }), scope, accepted, null, true, NOW)).toBe('OLD');
  });

  test('another installation or environment is refused whatever its position', () => {
    const other = '33333333-3333-4333-8333-333333333333';
    expect(evaluateStatement(statement({ installation: other, revision: 9 }), scope, accepted, null, true, NOW)).toBe(
      'WRONG_INSTALLATION',
    );
    expect(evaluateStatement(statement({ environment: other, revision: 9 }), scope, accepted, null, true, NOW)).toBe(
      'WRONG_ENVIRONMENT',
    );
  });

  test('the clocks may be five minutes apart, and not a millisecond more', () => {
    const { issuedAt, expiresAt } = statement();
    const ahead = statement({ revision: 6 });
    expect(evaluateStatement(ahead, scope, accepted, null, true, expiresAt + CLOCK_SKEW_MS)).toBe('CANDIDATE');
    expect(evaluateStatement(ahead, scope, accepted, null, true, expiresAt + CLOCK_SKEW_MS + 1)).toBe('EXPIRED');
    expect(evaluateStatement(ahead, scope, accepted, null, true, issuedAt - CLOCK_SKEW_MS)).toBe('CANDIDATE');
    expect(evaluateStatement(ahead, scope, accepted, null, true, issuedAt - CLOCK_SKEW_MS - 1)).toBe('NOT_YET_VALID');
  });

  test('without a high-water mark everything in scope and time is a candidate', () => {
    expect(evaluateStatement(statement({ epoch: 0, revision: 0 }), scope, null, null, false, NOW)).toBe('CANDIDATE');
  });

  test('without a mark, nothing from before the registration is', () => {
    const at = (revision: number) =>
      evaluateStatement(statement({ revision }), scope, null, { epoch: 1, revision: 5 }, false, NOW);
    expect([at(4), at(5), at(6)]).toEqual(['OLD', 'CANDIDATE', 'CANDIDATE']);
  });

  test('whatever comes in whatever order, the accepted position never goes back', () => {
    const position = fc.record({
      epoch: fc.nat(3),
      revision: fc.nat(20),
      digest: fc.constantFrom(digest, 'b'.repeat(64)),
    });
    fc.assert(
      fc.property(fc.array(position), (positions) => {
        let mark: typeof accepted | null = null;
        for (const next of positions) {
          if (evaluateStatement(statement(next), scope, mark, null, true, NOW) !== 'CANDIDATE') continue;
          if (mark) expect(next.epoch - mark.epoch || next.revision - mark.revision).toBeGreaterThan(0);
          mark = next;
        }
      }),
    );
  });
});
