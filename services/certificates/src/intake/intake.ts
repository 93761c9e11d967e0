import { type ChosenContent, admitCertificate } from '../domain/admit-certificate.js';
import { type FoundCertificates, findCertificates } from '../domain/find-certificates.js';
import type { AdmittedCertificate } from '../domain/judge-certificate.js';
import type { CertificateContent } from '../domain/read-content.js';
import type { FieldPath, Refusal } from '../domain/refusal.js';

/** Reads what clients send. */
export interface Intake {
  readonly admit: (content: ChosenContent, at: FieldPath) => Promise<AdmittedCertificate | Refusal>;
  readonly find: (content: CertificateContent) => Promise<FoundCertificates | Refusal>;
}

export const directIntake: Intake = {
  admit: (content, at) => Promise.resolve(admitCertificate(content, at)),
  find: (content) => Promise.resolve(findCertificates(content)),
};
