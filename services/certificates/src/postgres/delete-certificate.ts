import { randomUUID } from 'node:crypto';
import type { JwkConnection } from '../domain/jwk-decision.js';
import { changesBetween } from '../domain/placement.js';
import { refused } from '../domain/refusal.js';
import type { CertificateAnswer } from './certificate-answer.js';
import type { Database } from './database.js';
import { deploy } from './deploy.js';
import { type Outcome, idempotent } from './idempotent.js';
import type { Request } from './request.js';
import { lockCertificate } from './lock-certificate.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import { statement } from './statement.js';

const DELETE = statement<object>('certificate_delete', 'DELETE FROM certificates WHERE id = $1');

export interface CertificateDeletion {
  readonly id: string;
  readonly expectedVersion: number;
  /** null: not decided. */
  readonly jwkConnection: JwkConnection | null;
  /** The certificate's name, typed by who deletes it; null: not asked. */
  readonly confirmName: string | null;
}

export function deleteCertificate(
  database: Database,
  request: Request,
  { id, expectedVersion, jwkConnection, confirmName }: CertificateDeletion,
): Promise<Outcome<CertificateAnswer>> {
  const attempt = (): Promise<CertificateAnswer> =>
    database.transaction(async (transaction) => {
      const { certificate, placements } = await lockCertificate(transaction, id, expectedVersion);
      if (confirmName !== null && confirmName.normalize('NFC') !== certificate.name)
        throw refused({
          code: 'INVALID_INPUT',
          message: 'this is not the name of the certificate',
          field: ['confirmName'],
        });
      const jwks = await settleJwks(transaction, {
        linked: await lockLinkedJwks(transaction, [certificate.id]),
        fingerprintAfter: () => null,
        given: jwkConnection,
        confirmation: { typed: confirmName, name: certificate.name },
      });
      await transaction.query(DELETE, [certificate.id]);
      const deploymentId = randomUUID();
      const answer: CertificateAnswer = { certificate, deploymentId, warnings: [] };
      const deployed = await deploy(transaction, {
        deploymentId,
        changes: changesBetween(placements, []),
        request,
        audit: {
          action: 'deleteCertificate',
          certificateId: certificate.id,
          before: certificate,
          details: { deploymentId, jwks },
        },
        answer,
      });
      return { ...answer, deployed };
    });
  return idempotent(database, request, attempt, () => Promise.resolve([]));
}
