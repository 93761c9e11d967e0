import { JVM_STATES, type JvmReport, type LeftOut } from '@trustcast/schema';

const BY = {
  OWN_TRUSTSTORE: 'also trusts by a truststore of its own',
  OWN_STACK: 'also has a TLS stack that validates by itself',
} as const;

/** Describes trust and connections in use by a JVM that LIVE does not cover. */
export function notCoveredByLive({ otherTrust, olderConnections, partial }: JvmReport): string[] {
  const trust = otherTrust.map(({ kind, name, count }) => `${BY[kind]}: ${name}${count > 1 ? ` (${count})` : ''}`);
  if (partial.includes('otherTrust')) trust.push('also trusts by more than a report names');
  const older = olderConnectionsText(olderConnections, partial);
  return older === null ? trust : [...trust, older];
}

function olderConnectionsText(count: number | null, partial: JvmReport['partial']): string | null {
  const isAll = !partial.includes('olderConnections');
  if (count === null || (count === 0 && isAll)) return null;
  if (count === 0) return 'may hold open connections of before the last removal: its agent has not seen all handshakes';
  return `still holds ${isAll ? '' : 'at least '}${count} open connections of before the last removal`;
}

/** Describes the JVMs that a report does not list, and whether they keep the host from being LIVE. */
export function leftOutText({ reason, jvms }: LeftOut): string {
  const numbers = JVM_STATES.flatMap((state) => (jvms[state] === undefined ? [] : [`${jvms[state]} ${state}`]));
  const not = numbers.length === 0 ? [] : [`not listed: ${numbers.join(', ')}`];
  return [...(reason === null ? [] : [`${reason}; until they are, this host is not LIVE`]), ...not].join('; ');
}
