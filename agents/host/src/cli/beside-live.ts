import type { JvmReport } from '@trustcast/schema';

const BY = {
  OWN_TRUSTSTORE: 'also trusts by a truststore of its own',
  OWN_STACK: 'also has a TLS stack that judges by itself',
} as const;

/** What a JVM has in use that LIVE says nothing of. */
export function besideLive({ otherTrust, olderConnections }: JvmReport): string[] {
  const trust = otherTrust.map(({ kind, name, count }) => `${BY[kind]}: ${name}${count > 1 ? ` (${count})` : ''}`);
  if (olderConnections === null || olderConnections === 0) return trust;
  return [...trust, `still holds ${olderConnections} open connections of before the last removal`];
}
