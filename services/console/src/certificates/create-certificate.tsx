import { useState } from 'react';
import { Button, Input, Label, Text, TextArea, TextField } from 'react-aria-components';
import { CREATE } from '../api/operations/certificates.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { RequestFailure } from '../api/failure.js';
import { useSession } from '../api/session.js';
import { useQuery } from '../api/use-query.js';
import { Link } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { DefinitionTable } from './definition-table.js';
import { type Change, Deployed } from './deployed.js';
import { type Draft, inputOf, keysOfInputs } from './draft.js';
import { type Refusal, Refusals } from './refusals.js';

export default function CreateCertificate() {
  const { create, failures, shell } = useStrings();
  const { ask } = useSession();
  const environments = useQuery(ENVIRONMENTS, {});
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const [saving, setSaving] = useState(false);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const [change, setChange] = useState<Change | null>(null);
  const [keyOf] = useState(keysOfInputs);
  const save = async () => {
    setSaving(true);
    setRefusals([]);
    const input = { name, description, definitions: drafts.map(inputOf) };
    try {
      const { payload } = await ask(CREATE, { input: { ...input, idempotencyKey: keyOf(input) } });
      if (payload.userErrors.length > 0) setRefusals(payload.userErrors);
      else setChange(payload);
    } catch (error) {
      const { code, message } = error instanceof RequestFailure ? error : { code: '', message: '' };
      const text = code === 'UNREACHABLE' ? failures.offline : message || failures.unknown;
      if (code !== 'UNAUTHENTICATED') setRefusals([{ message: text }]);
    } finally {
      setSaving(false);
    }
  };
  if (change) return <Deployed change={change} title={create.created} />;
  return (
    <div className="view form">
      <h1>{create.title}</h1>
      <section className="panel" aria-labelledby="definition">
        <h2 id="definition">{create.definition}</h2>
        <TextField value={name} onChange={setName} isRequired maxLength={128}>
          <Label>{create.name}</Label>
          <Input />
          <Text slot="description">{create.nameHint}</Text>
        </TextField>
        <TextField value={description} onChange={setDescription} maxLength={2_000}>
          <Label>{create.description}</Label>
          <TextArea rows={3} />
        </TextField>
      </section>
      <DefinitionTable drafts={drafts} environments={environments.answer?.environments ?? []} onChange={setDrafts} />
      <Refusals refusals={refusals} />
      <div className="row">
        <Button
          className="button primary"
          isDisabled={saving || name.trim() === '' || drafts.length === 0}
          onPress={() => void save()}
        >
          {create.saveAndDeploy}
        </Button>
        <Link className="button" to="/certificates">
          {shell.cancel}
        </Link>
      </div>
    </div>
  );
}
