import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { createHash, webcrypto } from 'node:crypto';
import { chownSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509CertificateGenerator } from '@peculiar/x509';
import type { Entry } from '@trustcast/schema';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A self-signed certificate that Java loads, another one at every call. */
export async function entryOf(alias: string): Promise<Entry> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex')}`,
    name: `CN=${alias}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
  });
  return { alias, der: new Uint8Array(certificate.rawData) };
}

export function entriesOf(...aliases: readonly string[]): Promise<Entry[]> {
  return Promise.all(aliases.map(entryOf));
}

/** A directory that goes at the end of a test. */
export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-host-')));
  return { path, remove: () => rmSync(path, { recursive: true, maxRetries: 10, force: true }) };
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** What tells two writes of a file apart. */
export function writeOf(path: string): string {
  const { ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [ino, mtimeNs, ctimeNs, sha256Of(path)].join(' ');
}

/** Binds a socket and ends, as a process of the user that was killed leaves it; it is then older than what starts now. */
export function leaveSocket(path: string, uid: number): void {
  execFileSync('python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', path]);
  chownSync(path, uid, uid);
  while (Date.now() - statSync(path).ctimeMs < 50);
}
