import type { CertificateFields } from './certificate-fields.js';

const MAX_LENGTH = 64;

/**
 * An alias of `[a-z0-9._-]`, from the subject's CN, else from the last other part of the subject, else from the
 * fingerprint.
 */
export function suggestAlias({ subject, fingerprintSha256 }: CertificateFields): string {
  const values = subject.split(/(?<!\\)[,+]/).map((part) => /^\s*(\w+)=(.*)$/s.exec(part));
  const [, , value = ''] =
    values.find((match) => match?.[1] === 'CN') ?? values.findLast((match) => match !== null) ?? [];
  const alias = value
    .normalize('NFKD')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/ı/g, 'i')
    .replace(/[\p{M}'’"\\]/gu, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^[-._]+|[-._]+$/g, '');
  return alias || `certificate-${fingerprintSha256.slice(0, 12)}`;
}
