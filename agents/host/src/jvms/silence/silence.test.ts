import { describe, expect, test } from '@jest/globals';
import { FIRST_STATUS_MS, silenceOfAttached, silenceOfNamed } from './silence.js';
import type { NoStatus } from './why-no-status.js';

const cause = (code: NoStatus['code']): NoStatus => ({ code, text: 'why' });
const SOON = FIRST_STATUS_MS - 1;

describe.each([
  ['was attached', silenceOfAttached, 'ATTACHED_NO_STATUS: '],
  ['names the agent', silenceOfNamed, ''],
])('a silent JVM that %s', (_what, silenceOf, prefix) => {
  test('is LOADED and STARTING for its first 30 s, and FAILED with the cause from then on', () => {
    expect(silenceOf(cause('NO_STATUS'), 0)).toMatchObject({ state: 'LOADED' });
    expect(silenceOf(cause('NO_STATUS'), SOON).reason).toMatch(/^STARTING: .* has not reported yet$/);
    expect(silenceOf(cause('NO_STATUS'), FIRST_STATUS_MS)).toMatchObject({ state: 'FAILED' });
    expect(silenceOf(cause('NO_STATUS'), FIRST_STATUS_MS).reason).toContain('why');
  });

  test('is STARTING with the suspicion where the cause only may be one', () => {
    const { state, reason } = silenceOf(cause('SECURITY_MANAGER'), SOON);
    expect(state).toBe('LOADED');
    expect(reason).toMatch(/^STARTING: .* has not reported yet; SECURITY_MANAGER: why$/);
    expect(silenceOf(cause('SECURITY_MANAGER'), FIRST_STATUS_MS)).toEqual({
      state: 'FAILED',
      reason: `${prefix}SECURITY_MANAGER: why`,
    });
  });

  test('is FAILED at once where the cause will not pass', () => {
    expect(silenceOf(cause('DIRECTORY_READ_ONLY'), 0)).toEqual({
      state: 'FAILED',
      reason: `${prefix}DIRECTORY_READ_ONLY: why`,
    });
  });

  test('is STARTING while nobody has looked for the cause', () => {
    expect(silenceOf(undefined, 2 * FIRST_STATUS_MS)).toMatchObject({ state: 'LOADED' });
  });
});
