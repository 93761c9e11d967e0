import { readOwn } from '../files/own-file.js';
import { printableLine } from '@trustcast/terminal';
import type { CertificateSet, Entry } from '@trustcast/schema';
import { unsafeTruststore } from '../state/agent-directory.js';
import { replaceFile } from '../files/replace-file.js';

/**
 * Writes managed certificates and base as PEM (RFC 7468), without the marker; nothing where the file has it already.
 *
 * @throws DirectoryError, or the failed system call's error
 */
export function writePemBundle(path: string, set: CertificateSet, base: readonly Entry[]): void {
  const unsafe = unsafeTruststore(path);
  if (unsafe) throw unsafe;
  const managed = [...set].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  const text = [...managed, ...base].map(pemOf).join('');
  if (readOrNull(path) !== text) replaceFile(path, [Buffer.from(text)], { mode: 0o644 });
}

/** Makes an alias of the base a comment of one line without anything that begins a PEM block. */
function commentOf(alias: string): string {
  return `# ${printableLine(alias).replace(/-{2,}/g, '-')}\n`;
}

function pemOf({ alias, der }: Entry): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `${commentOf(alias)}-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function readOrNull(path: string): string | null {
  try {
    return readOwn(path);
  } catch {
    return null;
  }
}
