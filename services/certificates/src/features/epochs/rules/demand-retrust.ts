import { refused } from '../../records/refusal.js';

/** Limit of names in a message; the refusal has all fingerprints. */
const MAX_NAMED = 20;

/** Requires that exactly the certificates were confirmed that would be trusted again. @throws RefusedError */
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
