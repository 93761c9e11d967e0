import { isUuid } from '../records/is-uuid.js';
import type { GivenDecision } from '../jwks/rules/jwk-decision.js';
import { refused } from '../records/refusal.js';
import type { CertificateAnswer, Warning } from './certificate-answer.js';
import { changeCertificates, recordOf } from './change-certificates.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';
import type { Result } from '../records/result.js';
import { deployOnce } from '../deployments/deploy-once.js';
import type { Request } from '../requests/request.js';
import { refuseCompromised } from './compromised-certificates.js';
import { lockCertificate } from './sql/lock-certificates.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';

export interface CertificateDeletion {
  readonly id: string;
  readonly expectedVersion: number;
  /** Empty: nothing was decided. */
  readonly jwkDecision: readonly GivenDecision[];
  /** The certificate's name, typed as a confirmation; null: it was not typed. */
  readonly confirmName: string | null;
  /** Reason its X.509 certificates are refused from then on; null: they are not. */
  readonly compromised: string | null;
}

export function deleteCertificate(
  database: Database,
  request: Request,
  { id, expectedVersion, jwkDecision, confirmName, compromised }: CertificateDeletion,
): Promise<Result<CertificateAnswer>> {
  const attempt = async (sql: Transaction): Promise<CertificateAnswer> => {
    const locked = await lockEnvironments(sql, { certificateIds: [id].filter(isUuid) });
    const before = await lockCertificate(sql, id, expectedVersion);
    locked.assertHold(before.entries);
    const { certificate } = before;
    if (confirmName !== null && confirmName.normalize('NFC') !== certificate.name)
      throw refused({
        code: 'INVALID_INPUT',
        message: 'the name does not match: type the name of the certificate',
        field: ['confirmName'],
      });
    const confirmed = { given: jwkDecision, confirmation: { typed: confirmName, name: certificate.name } };
    const elsewhere: Warning[] = [];
    return changeCertificates(sql, request, {
      changes: [{ before, after: null, at: [], recordedIn: null, jwkDecision: confirmed }],
      also: async () => {
        if (compromised !== null)
          elsewhere.push(...(await refuseCompromised(sql, request.actor, certificate, compromised)));
      },
      answer: ({ deploymentId, changes: [made] }): CertificateAnswer => ({
        ...{ certificate, deploymentId, warnings: [...(made?.warnings ?? []), ...elsewhere], changed: true },
      }),
      audit: ({ deploymentId, changes: [made] }) =>
        made
          ? {
              ...recordOf(made),
              details: { deploymentId, jwks: made.jwks, ...(compromised !== null && { compromised }) },
            }
          : null,
    });
  };
  return deployOnce(database, request, () => database.transaction(attempt));
}
