import { useState } from 'react';
import type { JwkDecision } from '../api/answer-types.js';
import { RequestFailure } from '../api/failure.js';
import { DELETE, IMPACT } from '../api/operations/certificates.js';
import { useSession } from '../api/session.js';
import { useQuery } from '../api/use-query.js';
import { useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { ConfirmNameDialog } from './confirm-name-dialog.js';
import { keysOfInputs } from './draft.js';
import { Impact } from './impact.js';
import { JwkConnectionDialog } from './jwk-connection-dialog.js';
import type { Refusal } from './refusals.js';

export interface NamedCertificate {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

interface DeleteCertificateProps {
  readonly certificate: NamedCertificate;
  readonly onClosed: () => void;
}

/** Asks about the JWKs where there are any, then for the certificate's name; the deployment is shown afterwards. */
export function DeleteCertificate({ certificate: { id, name, version }, onClosed }: DeleteCertificateProps) {
  const { ask } = useSession();
  const { go } = useRouter();
  const { confirm, failures } = useStrings();
  const { answer } = useQuery(IMPACT, { id });
  const [decision, setDecision] = useState<JwkDecision | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const [keyOf] = useState(keysOfInputs);
  const impact = answer?.certificate?.impact;
  const jwks = impact?.flatMap((one) => one.jwks) ?? [];
  const remove = async (confirmName: string) => {
    setBusy(true);
    setRefusals([]);
    const jwkDecision = decision && [{ decision, jwkIds: jwks.map((jwk) => jwk.id) }];
    const input = { id, expectedVersion: version, confirmName, jwkDecision };
    try {
      const { payload } = await ask(DELETE, { input: { ...input, idempotencyKey: keyOf(input) } });
      setRefusals(payload.userErrors);
      if (payload.userErrors.length > 0) return;
      onClosed();
      go(payload.deployment ? `/deployments/${payload.deployment.id}` : '/certificates');
    } catch (error) {
      const { code, message } = error instanceof RequestFailure ? error : { code: '', message: '' };
      setRefusals([{ message: code === 'UNREACHABLE' ? failures.offline : message || failures.unknown }]);
    } finally {
      setBusy(false);
    }
  };
  if (jwks.length > 0 && decision === null)
    return (
      <JwkConnectionDialog
        operation="delete"
        jwks={jwks}
        unavailable={{}}
        onDecided={setDecision}
        onCancelled={onClosed}
      />
    );
  return (
    <ConfirmNameDialog
      operation="delete"
      name={name}
      busy={busy || !impact}
      refusals={refusals}
      onConfirmed={(typed) => void remove(typed)}
      onCancelled={onClosed}
    >
      {impact ? <Impact impact={impact} /> : <p className="soft">{confirm.checking}</p>}
    </ConfirmNameDialog>
  );
}
