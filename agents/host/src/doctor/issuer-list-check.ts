import { type Entry, LIMITS } from '@trustcast/schema';
import { issuerBytes } from '../truststore/issuer-bytes.js';
import { type Finding, notice, ok } from './finding.js';

const NAME = 'issuer list';

/** Describes the length of the list of subjects. */
export function issuerListText(bytes: number): string {
  const [sum, most] = [bytes, LIMITS.issuerListBytes].map((number) => number.toLocaleString('en-US'));
  return `subjects of ${sum} bytes, of at most ${most} that Java clients take from a server`;
}

/** Checks that servers which request client certificates can send the subjects of all anchors. */
export function issuerListCheck(entries: readonly Entry[] | null): Finding[] {
  if (!entries) return [];
  const bytes = issuerBytes(entries);
  const text = issuerListText(bytes);
  if (bytes <= LIMITS.issuerListWarningBytes) return [ok(NAME, text)];
  if (bytes <= LIMITS.issuerListBytes) return [notice(NAME, `${text}: remove certificates, or shorten their subjects`)];
  return [
    notice(
      NAME,
      `${text}: servers send no subject then where they run the JVM agent with issuers=auto, and break clients where they do not`,
    ),
  ];
}
