import type { CertificateFields } from '@trustcast/x509';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** A stored X.509 certificate. */
export interface StoredContent {
  readonly fingerprint: string;
  readonly der: Buffer;
  /** Times are ISO 8601 here. */
  readonly fields: Omit<CertificateFields, 'notBefore' | 'notAfter'> & {
    readonly notBefore: string;
    readonly notAfter: string;
  };
}

const READ = statement<StoredContent>(
  'contents',
  'SELECT fingerprint, der, fields FROM x509_certificates WHERE fingerprint = ANY ($1)',
);

export function contentsByFingerprint(sql: Sql, fingerprints: readonly string[]): Promise<StoredContent[]> {
  return sql.query(READ, [fingerprints]);
}
