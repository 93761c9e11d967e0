import { randomUUID } from 'node:crypto';
import { isUuid } from '../records/is-uuid.js';
import type { GivenDecision } from '../jwks/rules/jwk-decision.js';
import { changesBetween } from '../records/placement.js';
import { refused } from '../records/refusal.js';
import type { CertificateAnswer, Warning } from './certificate-answer.js';
import type { Database } from '../../platform/postgres/database.js';
import { deploy } from '../deployments/deploy.js';
import type { Outcome } from '../records/outcome.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { type ImpactRecord, certificateImpacts } from './read/read-impact.js';
import type { Request } from '../requests/request.js';
import { refuseCompromised } from './compromised-certificates.js';
import { lockCertificate } from './sql/lock-certificate.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import { statement } from '../../platform/postgres/statement.js';

const DELETE = statement<object>('certificate_delete', 'DELETE FROM certificates WHERE id = $1');

export interface CertificateDeletion {
  readonly id: string;
  readonly expectedVersion: number;
  /** None: not decided. */
  readonly jwkDecision: readonly GivenDecision[];
  /** The certificate's name, typed by who deletes it; null: not asked. */
  readonly confirmName: string | null;
  /** Why its X.509 certificates are refused from then on; null: they are not. */
  readonly compromised: string | null;
}

export function deleteCertificate(
  database: Database,
  request: Request,
  { id, expectedVersion, jwkDecision, confirmName, compromised }: CertificateDeletion,
): Promise<Outcome<CertificateAnswer>> {
  const attempt = (): Promise<CertificateAnswer> =>
    database.transaction(async (transaction) => {
      const locked = await lockEnvironments(transaction, { certificateIds: [id].filter(isUuid) });
      const { certificate, placements } = await lockCertificate(transaction, id, expectedVersion);
      locked.assertHold(placements);
      if (confirmName !== null && confirmName.normalize('NFC') !== certificate.name)
        throw refused({
          code: 'INVALID_INPUT',
          message: 'the name does not match: type the name of the certificate',
          field: ['confirmName'],
        });
      const jwks = await settleJwks(transaction, {
        linked: await lockLinkedJwks(transaction, [certificate.id]),
        fingerprintAfter: () => null,
        given: jwkDecision,
        confirmation: { typed: confirmName, name: certificate.name },
      });
      const warnings = alsoInBase(await certificateImpacts(transaction, [certificate.id]));
      await transaction.query(DELETE, [certificate.id]);
      if (compromised !== null)
        warnings.push(...(await refuseCompromised(transaction, request.actor, certificate, compromised)));
      const deploymentId = randomUUID();
      const answer: CertificateAnswer = { certificate, deploymentId, warnings, changed: true };
      const deployed = await deploy(transaction, {
        deploymentId,
        changes: changesBetween(placements, []),
        request,
        audit: {
          action: 'deleteCertificate',
          certificateId: certificate.id,
          before: certificate,
          details: { deploymentId, jwks, ...(compromised !== null && { compromised }) },
        },
        answer,
      });
      return { ...answer, deployed };
    });
  return deployOnce(database, request, attempt);
}

/** Warnings about JVMs that keep trusting what is deleted. */
export function alsoInBase(impact: readonly ImpactRecord[]): Warning[] {
  return impact
    .filter(({ jvmsWithBase }) => jvmsWithBase > 0)
    .map(({ environment, jvmsWithBase }) => ({
      code: 'ALSO_IN_BASE',
      message: `${jvmsWithBase} JVM(s) of ${environment} also have the certificate among their own CAs and keep trusting it`,
      field: null,
    }));
}
