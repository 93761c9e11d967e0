import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { EnvironmentsQuery } from '../api/answer-types.js';
import { DaysLeft } from '../parts/days-left.js';
import { useStrings } from '../strings/strings.js';
import { DefinitionDialog } from './definition-dialog.js';
import type { Draft } from './draft.js';

interface DefinitionTableProps {
  readonly drafts: readonly Draft[];
  readonly environments: EnvironmentsQuery['environments'];
  readonly onChange: (drafts: readonly Draft[]) => void;
}

/** The definitions that were applied, and the dialog that makes and changes them. A removal can be undone. */
export function DefinitionTable({ drafts, environments, onChange }: DefinitionTableProps) {
  const { create } = useStrings();
  const [open, setOpen] = useState<Draft | 'new' | null>(null);
  const [removed, setRemoved] = useState<{ readonly draft: Draft; readonly at: number } | null>(null);
  const current = open === 'new' ? null : open;
  const taken = drafts.filter(({ key }) => key !== current?.key).flatMap((draft) => draft.environments);
  const titleOf = (name: string) => environments.find((environment) => environment.name === name)?.title ?? name;
  const apply = (draft: Draft) => {
    onChange(current ? drafts.map((one) => (one.key === draft.key ? draft : one)) : [...drafts, draft]);
    setOpen(null);
  };
  return (
    <section className="panel" aria-labelledby="configuration">
      <div className="spread">
        <h2 id="configuration">{create.configuration}</h2>
        <Button className="button" onPress={() => setOpen('new')}>
          {create.newDefinition}
        </Button>
      </div>
      {drafts.length === 0 && <p className="soft">{create.noDefinitions}</p>}
      {drafts.length > 0 && (
        <div className="table">
          <table className="list">
            <thead>
              <tr>
                <th scope="col">{create.alias}</th>
                <th scope="col">{create.environments}</th>
                <th scope="col">{create.subject}</th>
                <th scope="col">{create.validity}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {drafts.map((draft) => (
                <tr key={draft.key}>
                  <td data-label={create.alias}>{draft.alias}</td>
                  <td data-label={create.environments}>{draft.environments.map(titleOf).join(', ')}</td>
                  <td data-label={create.subject}>{draft.content.subject}</td>
                  <td data-label={create.validity}>
                    <DaysLeft days={draft.content.daysLeft} notAfter={draft.content.notAfter} />
                  </td>
                  <td className="actions">
                    <Button className="button small" onPress={() => setOpen(draft)}>
                      {create.editDefinition}
                    </Button>{' '}
                    <Button
                      className="button small"
                      onPress={() => {
                        setRemoved({ draft, at: drafts.indexOf(draft) });
                        onChange(drafts.filter((one) => one !== draft));
                      }}
                    >
                      {create.removeDefinition}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div role="status">
        {removed && (
          <p className="row">
            {create.removed(removed.draft.alias)}
            <Button
              className="button small"
              onPress={() => {
                onChange(drafts.toSpliced(removed.at, 0, removed.draft));
                setRemoved(null);
              }}
            >
              {create.undo}
            </Button>
          </p>
        )}
      </div>
      {open && (
        <DefinitionDialog
          draft={current}
          environments={environments}
          taken={taken}
          onApply={apply}
          onClosed={() => setOpen(null)}
        />
      )}
    </section>
  );
}
