import { expect } from '@jest/globals';
import type { Refusal } from '../../src/features/records/refusal.js';
import type { Result } from '../../src/features/records/result.js';

/** The value of a result, or the one refusal that it has. */
export function valueOrRefusal<Value>(result: Result<Value>): Value | Refusal {
  if (result.ok) return result.value;
  expect(result.refusals).toHaveLength(1);
  return result.refusals[0]!;
}
