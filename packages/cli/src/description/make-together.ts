import { randomUUID } from 'node:crypto';
import { RefusedError, type UserError } from '../errors.js';
import type { Service } from '../service.js';
import type { Change } from './plan.js';

const TOGETHER = `mutation ($input: UpdateCertificatesInput!) {
  payload: updateCertificates(input: $input) { warnings { code message field } userErrors { code message field } } }`;

/**
 * Makes at once updates that stand in each other's way, such as two that swap an alias, without those that cannot be made
 * even so.
 *
 * @returns those that were made, with the warnings about each
 */
export async function makeTogether(
  service: Service,
  blocked: readonly Change[],
): Promise<ReadonlyMap<Change, string[]>> {
  let updates = blocked.filter(({ action }) => action === 'update');
  while (updates.length > 1) {
    try {
      const input = { updates: updates.map((change) => change.input), idempotencyKey: randomUUID() };
      const { warnings } = await service.change<{ readonly warnings: readonly UserError[] }>(TOGETHER, input);
      return new Map(
        updates.map((change, index) => [
          change,
          warnings.filter((warning) => isAbout(warning, index)).map(({ code, message }) => `${code}: ${message}`),
        ]),
      );
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const { userErrors } = error;
      const left = updates.filter((_, index) => !userErrors.some((told) => isAbout(told, index)));
      if (left.length === updates.length) break;
      updates = left;
    }
  }
  return new Map();
}

/** Fields begin with `updates` and the number of the one that is meant. */
function isAbout({ field }: UserError, index: number): boolean {
  return field?.[1] === String(index);
}
