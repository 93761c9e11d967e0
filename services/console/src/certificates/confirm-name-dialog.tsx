import { type ReactNode, useState } from 'react';
import { Button, Form, Input, Label, TextField } from 'react-aria-components';
import { Frame } from '../parts/frame.js';
import { useStrings } from '../strings/strings.js';
import { type Refusal, Refusals } from './refusals.js';

interface ConfirmNameDialogProps {
  readonly operation: 'update' | 'delete';
  readonly name: string;
  readonly busy: boolean;
  readonly refusals: readonly Refusal[];
  /** What the operation affects. */
  readonly children?: ReactNode;
  readonly onConfirmed: (name: string) => void;
  readonly onCancelled: () => void;
}

/** Confirms an operation by the certificate's name, typed. */
export function ConfirmNameDialog(props: ConfirmNameDialogProps) {
  const { confirm, shell } = useStrings();
  const { operation, name, busy, refusals, children, onConfirmed, onCancelled } = props;
  const [typed, setTyped] = useState('');
  const right = typed === name;
  return (
    <Frame alert title={operation === 'update' ? confirm.updateTitle : confirm.deleteTitle} onClosed={onCancelled}>
      {children}
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (right && !busy) onConfirmed(typed);
        }}
      >
        <p>{confirm.enter(name)}</p>
        <TextField value={typed} onChange={setTyped} autoComplete="off" autoFocus>
          <Label>{confirm.name}</Label>
          <Input spellCheck="false" />
        </TextField>
        <Refusals refusals={refusals} />
        <div className="dialog-actions">
          <Button className="button" onPress={onCancelled}>
            {shell.cancel}
          </Button>
          <Button
            type="submit"
            className={operation === 'delete' ? 'button danger' : 'button primary'}
            isDisabled={!right || busy}
          >
            {operation === 'delete' ? confirm.delete : confirm.update}
          </Button>
        </div>
      </Form>
    </Frame>
  );
}
