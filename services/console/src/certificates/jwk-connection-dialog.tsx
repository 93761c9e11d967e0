import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { JwkDecision } from '../api/answer-types.js';
import { Frame } from '../parts/frame.js';
import { useStrings } from '../strings/strings.js';

export interface LinkedJwk {
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
}

interface JwkConnectionDialogProps {
  readonly operation: 'update' | 'delete';
  readonly jwks: readonly LinkedJwk[];
  /** Why a decision is not possible, where it is not. */
  readonly unavailable: Readonly<Partial<Record<JwkDecision, string>>>;
  readonly onDecided: (decision: JwkDecision) => void;
  readonly onCancelled: () => void;
}

/** Asks what happens to the JWKs that were made from a certificate. None of the options is chosen beforehand. */
export function JwkConnectionDialog({
  operation,
  jwks,
  unavailable,
  onDecided,
  onCancelled,
}: JwkConnectionDialogProps) {
  const { jwkConnection: texts, shell } = useStrings();
  const [decision, setDecision] = useState<JwkDecision | null>(null);
  const options: readonly { decision: JwkDecision; name: string; lead: string }[] =
    operation === 'update'
      ? [
          { decision: 'UPDATE', name: texts.updateJwks, lead: texts.updateJwksLead },
          { decision: 'DISCONNECT', name: texts.updateDisconnect, lead: texts.updateDisconnectLead },
        ]
      : [
          { decision: 'DELETE_JWKS', name: texts.deleteJwks, lead: texts.deleteJwksLead },
          { decision: 'DISCONNECT', name: texts.deleteDisconnect, lead: texts.deleteDisconnectLead },
        ];
  return (
    <Frame title={texts.title} onClosed={onCancelled}>
      <p>{texts.question(jwks.length)}</p>
      <ul className="plain-list">
        {jwks.map(({ id, name, algorithm }) => (
          <li key={id}>
            {name} <span className="soft">({algorithm})</span>
          </li>
        ))}
      </ul>
      <fieldset>
        <legend className="hidden">{texts.question(jwks.length)}</legend>
        {options.map((option) => (
          <label key={option.decision} className="choice">
            <input
              type="radio"
              name="decision"
              aria-label={option.name}
              checked={decision === option.decision}
              disabled={unavailable[option.decision] !== undefined}
              onChange={() => setDecision(option.decision)}
            />
            <span>
              <strong>{option.name}</strong>
              <br />
              <span className="note">{unavailable[option.decision] ?? option.lead}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p className="notice" data-tone="warn">
        {operation === 'update' ? texts.updateWarning : texts.deleteWarning}
      </p>
      <div className="dialog-actions">
        <Button className="button" onPress={onCancelled}>
          {shell.cancel}
        </Button>
        <Button
          className="button primary"
          isDisabled={decision === null}
          onPress={() => {
            if (decision) onDecided(decision);
          }}
        >
          {texts.continue}
        </Button>
      </div>
    </Frame>
  );
}
