import { refused } from '../../records/refusal.js';

/** Names of a message; all fingerprints are in the refusal. */
const MAX_NAMED = 20;

/** What was removed does not come back unseen: exactly what would be trusted again must have been confirmed. @throws RefusedError */
export function demandRetrust(
  needed: readonly { readonly name: string; readonly fingerprint: string }[],
  confirmed: readonly string[],
): void {
  const given = new Set(confirmed);
  if (given.size === needed.length && needed.every(({ fingerprint }) => given.has(fingerprint))) return;
  const named = needed.slice(0, MAX_NAMED).map(({ name }) => JSON.stringify(name));
  const more = needed.length > MAX_NAMED ? [`and ${needed.length - MAX_NAMED} more`] : [];
  throw refused({
    code: 'RETRUST_NOT_CONFIRMED',
    message: `certificates that were removed would be trusted again: confirm exactly these in \`retrust\`: ${[...named, ...more].join(', ') || 'nothing'}`,
    field: ['retrust'],
    fingerprints: needed.map(({ fingerprint }) => fingerprint),
  });
}
