import { useRef, useState } from 'react';
import { Button, Input, Label, Text, TextField } from 'react-aria-components';
import type { CertificateSource, CertificateSourceInput, EnvironmentsQuery } from '../api/answer-types.js';
import { RequestFailure } from '../api/failure.js';
import { useSession } from '../api/session.js';
import { type Content, ContentFields } from '../parts/content-fields.js';
import { Frame } from '../parts/frame.js';
import { useStrings } from '../strings/strings.js';
import type { Draft } from './draft.js';
import { type Found, FoundTree } from './found-tree.js';
import { type ReadResult, readSource, sourceInputOf } from './read-source.js';
import { ClipboardFields, ConnectionFields, FileFields, type Reading } from './source-fields.js';

interface DefinitionDialogProps {
  /** The definition that is changed; null: a new one. */
  readonly draft: Draft | null;
  readonly environments: EnvironmentsQuery['environments'];
  /** Environments of the certificate's other definitions. */
  readonly taken: readonly string[];
  readonly onApply: (draft: Draft) => void;
  readonly onClosed: () => void;
}

const SOURCES = ['CONNECTION', 'FILE', 'CLIPBOARD'] as const;
const LOCKED = ['PASSWORD_REQUIRED', 'PASSWORD_WRONG'];

interface Chosen {
  readonly fingerprint: string | null;
  readonly content: Content;
  readonly warnings: readonly string[];
  readonly from: CertificateSourceInput | null;
}

/** Environments, source, alias and content of one definition. */
export function DefinitionDialog({ draft, environments, taken, onApply, onClosed }: DefinitionDialogProps) {
  const { definition, shell, failures } = useStrings();
  const { ask, may } = useSession();
  const [names, setNames] = useState<readonly string[]>(draft?.environments ?? []);
  const [source, setSource] = useState<CertificateSource>(draft?.source ?? 'CONNECTION');
  const [alias, setAlias] = useState(draft?.alias ?? '');
  const [result, setResult] = useState<ReadResult | null>(null);
  const [reading, setReading] = useState<Reading | null>(null);
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<Chosen | null>(
    draft && { fingerprint: draft.content.fingerprintSha256, ...draft },
  );
  const asked = useRef(0);

  const choose = (found: Found, of: Reading) => {
    if (!found.content) return;
    const warnings = found.warnings.map(({ message }) => message);
    setChosen({ fingerprint: found.fingerprint, content: found.content, warnings, from: sourceInputOf(of, found) });
    if (alias === '') setAlias(found.alias ?? found.suggestedAlias ?? '');
  };
  const read = async (next: Reading) => {
    const round = ++asked.current;
    setBusy(true);
    setReading(next);
    try {
      const read = await readSource(ask, next);
      if (round !== asked.current) return;
      setResult(read);
      const usable = read.found.filter(({ content }) => content !== null);
      if (usable.length === 1 && usable[0]) choose(usable[0], next);
    } catch (error) {
      if (round !== asked.current) return;
      const { code, message } = error instanceof RequestFailure ? error : { code: '', message: '' };
      const text = code === 'UNREACHABLE' ? failures.offline : message || failures.unknown;
      setResult({ found: [], rootSent: null, problems: [{ code, message: text }] });
    } finally {
      if (round === asked.current) setBusy(false);
    }
  };
  const change = (next: CertificateSource) => {
    asked.current++;
    setBusy(false);
    setSource(next);
    setResult(null);
    setChosen(draft && { fingerprint: draft.content.fingerprintSha256, ...draft });
  };
  const suggestion = result?.found.find(({ fingerprint }) => fingerprint === chosen?.fingerprint)?.suggestedAlias;
  const complete = names.length > 0 && alias.trim() !== '' && chosen !== null;
  const apply = () => {
    if (!chosen) return;
    const url = reading?.source === 'CONNECTION' ? reading.url : '';
    const { content, warnings, from } = chosen;
    const key = draft?.key ?? String(performance.now());
    onApply({
      key,
      id: draft?.id ?? null,
      environments: names,
      alias: alias.trim(),
      source,
      url,
      content,
      warnings,
      from,
    });
  };
  const fields = { reading: busy, onRead: (next: Reading) => void read(next) };
  return (
    <Frame wide title={draft ? definition.editTitle : definition.newTitle} onClosed={onClosed}>
      <fieldset>
        <legend>{definition.environments}</legend>
        <p className="note">{definition.environmentsHint}</p>
        <div className="choices">
          {environments.map(({ name, title, kind }) => (
            <label key={name} className="choice">
              <input
                type="checkbox"
                checked={names.includes(name)}
                disabled={taken.includes(name) || !may('DEPLOY', name)}
                onChange={({ target }) =>
                  setNames(target.checked ? [...names, name] : names.filter((other) => other !== name))
                }
              />
              <span>
                {title}
                <br />
                <span className="note">{kind === 'API_MANAGER' ? definition.apiManager : definition.gateway}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{definition.source}</legend>
        <div className="choices">
          {SOURCES.map((name) => (
            <label key={name} className="choice">
              <input type="radio" name="source" checked={source === name} onChange={() => change(name)} />
              <span>{definition.sources[name]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {source === 'CONNECTION' && <ConnectionFields {...fields} first={draft?.url ?? ''} />}
      {source === 'FILE' && (
        <FileFields {...fields} locked={result?.problems.some(({ code }) => LOCKED.includes(code)) ?? false} />
      )}
      {source === 'CLIPBOARD' && <ClipboardFields {...fields} />}
      <div role="alert">
        {result?.problems.map(({ message }) => (
          <p key={message} className="problem">
            {message}
          </p>
        ))}
      </div>
      {result && reading && result.found.length > 0 && (
        <>
          <FoundTree
            legend={result.rootSent === null ? definition.found : definition.presented}
            found={result.found}
            chosen={chosen?.fingerprint ?? null}
            onChosen={(found) => choose(found, reading)}
          />
          {result.rootSent !== null && (
            <p className="note">{result.rootSent ? definition.rootSent : definition.rootNotSent}</p>
          )}
        </>
      )}
      <div className="beside">
        <TextField value={alias} onChange={setAlias} maxLength={255}>
          <Label>{definition.alias}</Label>
          <Input />
          <Text slot="description">{definition.aliasHint}</Text>
        </TextField>
        {suggestion && suggestion !== alias && (
          <Button className="button" onPress={() => setAlias(suggestion)}>
            {definition.suggested(suggestion)}
          </Button>
        )}
      </div>
      <section aria-labelledby="content-heading" className="stack">
        <h3 id="content-heading">{definition.content}</h3>
        {chosen?.warnings.map((warning) => (
          <p key={warning} className="notice" data-tone="warn">
            {warning}
          </p>
        ))}
        {chosen ? <ContentFields content={chosen.content} /> : <p className="note">{definition.contentEmpty}</p>}
      </section>
      <div className="dialog-actions">
        {!complete && <p className="note grow">{definition.missing}</p>}
        <Button className="button" onPress={onClosed}>
          {shell.cancel}
        </Button>
        <Button className="button primary" isDisabled={!complete} onPress={apply}>
          {definition.apply}
        </Button>
      </div>
    </Frame>
  );
}
