import type { ChosenContent } from '../domain/admit-certificate.js';
import type { FoundCertificates } from '../domain/find-certificates.js';
import type { AdmittedCertificate } from '../domain/judge-certificate.js';
import type { CertificateContent } from '../domain/read-content.js';
import type { FieldPath, Refusal } from '../domain/refusal.js';
import { type ReaderLimits, ReaderPool } from './reader-pool.js';
import { readers } from './readers.js';

/** Reads what clients send. */
export interface Intake {
  readonly admit: (content: ChosenContent, at: FieldPath) => Promise<AdmittedCertificate | Refusal>;
  readonly find: (content: CertificateContent) => Promise<FoundCertificates | Refusal>;
  readonly close: () => Promise<void>;
}

const MAX_QUICK_CHARACTERS = 64 * 1024;

/** Reads in threads of its own what may take long: keystores, whose files say how often a key is derived, and much of anything. */
export function startIntake(limits?: Partial<ReaderLimits>): Intake {
  const pool = new ReaderPool(limits);
  return {
    admit: async (content, at) => (isQuick(content) ? readers.admit(content, at) : pool.read('admit', { content, at })),
    find: async (content) => (isQuick(content) ? readers.find(content, []) : pool.read('find', { content, at: [] })),
    close: () => pool.close(),
  };
}

/** PEM has no room for a keystore. */
function isQuick({ source, encoding, content }: CertificateContent): boolean {
  const isPem = source === 'CONNECTION' || (source === 'CLIPBOARD' && encoding === 'BASE64PEM');
  return isPem && content.length <= MAX_QUICK_CHARACTERS;
}
