import { useEffect, useState } from 'react';
import { Button, Input, Label, TextArea, TextField } from 'react-aria-components';
import type { CertificateViewQuery, JwkDecision, UpdateMutation } from '../api/answer-types.js';
import { RequestFailure } from '../api/failure.js';
import { CERTIFICATE_VIEW, UPDATE } from '../api/operations/certificates.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { useSession } from '../api/session.js';
import { useQuery } from '../api/use-query.js';
import { FailureNotice } from '../parts/failure-notice.js';
import { Link } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { ConfirmNameDialog } from './confirm-name-dialog.js';
import { DefinitionTable } from './definition-table.js';
import { type Change, Deployed } from './deployed.js';
import { type Draft, keysOfInputs } from './draft.js';
import { JwkConnectionDialog } from './jwk-connection-dialog.js';
import { Refusals } from './refusals.js';

type Stored = NonNullable<CertificateViewQuery['certificate']>;
type UserError = UpdateMutation['payload']['userErrors'][number];

export default function EditCertificate({ id }: { readonly id: string }) {
  const { shell, view } = useStrings();
  const { answer, failure, again } = useQuery(CERTIFICATE_VIEW, { id });
  const [stored, setStored] = useState<Stored | null>(null);
  useEffect(() => {
    if (answer?.certificate && !stored) setStored(answer.certificate);
  }, [answer, stored]);
  if (failure && !stored) return <FailureNotice failure={failure} again={again} />;
  if (answer?.certificate === null)
    return (
      <div className="empty">
        <h1>{view.gone}</h1>
        <p>{view.goneLead}</p>
      </div>
    );
  if (!stored) return <p className="loading">{shell.loading}</p>;
  return <EditForm stored={stored} />;
}

function draftsOf({ definitions }: Stored): Draft[] {
  return definitions.map(({ id, alias, source, url, environments, content }) => ({
    key: id,
    id,
    environments: environments.map(({ name }) => name),
    alias,
    source,
    url: url ?? '',
    content,
    warnings: [],
    from: null,
  }));
}

/** What the service asked about JWKs, and what was decided; with a decision, the name is asked for. */
interface Question {
  readonly error: Extract<UserError, { __typename: 'JwkDecisionRequired' }>;
  readonly decision: JwkDecision | null;
}

function EditForm({ stored }: { readonly stored: Stored }) {
  const { create, edit, failures, shell } = useStrings();
  const { ask } = useSession();
  const environments = useQuery(ENVIRONMENTS, {});
  const [description, setDescription] = useState(stored.description);
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => draftsOf(stored));
  const [version, setVersion] = useState(stored.version);
  const [current, setCurrent] = useState<number | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [refusals, setRefusals] = useState<readonly { readonly message: string }[]>([]);
  const [saving, setSaving] = useState(false);
  const [change, setChange] = useState<Change | null>(null);
  const [keyOf] = useState(keysOfInputs);

  const save = async (confirmName: string | null) => {
    setSaving(true);
    setRefusals([]);
    const jwkIds = question?.error.choices.map(({ jwk }) => jwk.id) ?? [];
    const input = {
      id: stored.id,
      expectedVersion: version,
      description,
      definitions: drafts.map(({ id, alias, environments: names, from }) => ({ id, alias, environments: names, from })),
      ...(question?.decision && { jwkDecision: [{ decision: question.decision, jwkIds }], confirmName }),
    };
    try {
      const { payload } = await ask(UPDATE, { input: { ...input, idempotencyKey: keyOf(input) } });
      const { userErrors } = payload;
      const asked = userErrors.find((error) => error.__typename === 'JwkDecisionRequired');
      const conflict = userErrors.find((error) => error.__typename === 'VersionConflict');
      if (asked) setQuestion({ error: asked, decision: null });
      else if (conflict) {
        setQuestion(null);
        setCurrent(conflict.current.version);
      } else if (userErrors.length > 0) setRefusals(userErrors);
      else setChange(payload);
    } catch (error) {
      const { code, message } = error instanceof RequestFailure ? error : { code: '', message: '' };
      const text = code === 'UNREACHABLE' ? failures.offline : message || failures.unknown;
      if (code !== 'UNAUTHENTICATED') setRefusals([{ message: text }]);
    } finally {
      setSaving(false);
    }
  };

  if (change) return <Deployed change={change} title={create.updated} />;
  const cancel = () => {
    setQuestion(null);
    setRefusals([]);
  };
  return (
    <div className="view form">
      <h1>{edit.title(stored.name)}</h1>
      <section className="panel" aria-labelledby="definition">
        <h2 id="definition">{create.definition}</h2>
        <TextField value={stored.name} isReadOnly>
          <Label>{create.name}</Label>
          <Input />
        </TextField>
        <TextField value={description} onChange={setDescription} maxLength={2_000}>
          <Label>{create.description}</Label>
          <TextArea rows={3} />
        </TextField>
      </section>
      <DefinitionTable drafts={drafts} environments={environments.answer?.environments ?? []} onChange={setDrafts} />
      {current !== null && (
        <div className="notice stack" data-tone="warn" role="alert">
          <strong>{edit.conflict}</strong>
          <p>{edit.conflictLead}</p>
          <div className="row">
            <a className="button" href={`/console/certificates/${stored.id}`} target="_blank" rel="noreferrer">
              {create.show}
            </a>
            <Button
              className="button"
              onPress={() => {
                setVersion(current);
                setCurrent(null);
              }}
            >
              {edit.takeCurrent}
            </Button>
          </div>
        </div>
      )}
      {question?.decision == null && <Refusals refusals={refusals} />}
      <div className="row">
        <Button
          className="button primary"
          isDisabled={saving || drafts.length === 0 || current !== null}
          onPress={() => void save(null)}
        >
          {create.saveAndDeploy}
        </Button>
        <Link className="button" to={`/certificates/${stored.id}`}>
          {shell.cancel}
        </Link>
      </div>
      {question?.decision === null && (
        <JwkConnectionDialog
          operation="update"
          jwks={question.error.choices.map(({ jwk }) => jwk)}
          unavailable={unavailableOf(question.error)}
          onDecided={(decision) => setQuestion({ ...question, decision })}
          onCancelled={cancel}
        />
      )}
      {question?.decision != null && (
        <ConfirmNameDialog
          operation="update"
          name={stored.name}
          busy={saving}
          refusals={refusals}
          onConfirmed={(typed) => void save(typed)}
          onCancelled={cancel}
        />
      )}
    </div>
  );
}

/** A decision is about all JWKs here: what one of them does not allow is not possible. */
function unavailableOf({ choices }: Question['error']): Partial<Record<JwkDecision, string>> {
  const options = choices.flatMap((choice) => choice.options).filter(({ available }) => !available);
  return Object.fromEntries(options.map(({ decision, reason }) => [decision, reason ?? '']));
}
