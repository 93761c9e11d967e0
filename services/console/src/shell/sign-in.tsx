import { useEffect, useRef, useState } from 'react';
import {
  Button,
  Dialog,
  FieldError,
  Form,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';
import { RequestFailure } from '../api/failure.js';
import type { SignInProps } from '../api/session.js';
import { useStrings } from '../strings/strings.js';
import { LanguageChoice } from './language-choice.js';

/** Asks for an API token: as a page of its own, and over a page whose sign-in has ended, which keeps what was typed. */
export function SignIn({ expired, onToken }: SignInProps) {
  const { signIn } = useStrings();
  if (!expired)
    return (
      <main className="sign-in">
        <div className="card">
          <h1 className="brand">Trustcast</h1>
          <p>{signIn.lead}</p>
          <TokenForm onToken={onToken} />
          <p className="note">{signIn.kept}</p>
          <LanguageChoice />
        </div>
      </main>
    );
  return (
    <ModalOverlay isOpen className="overlay">
      <Modal className="modal">
        <Dialog>
          <Heading slot="title">{signIn.expired}</Heading>
          <p>{signIn.expiredLead}</p>
          <TokenForm onToken={onToken} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function TokenForm({ onToken }: Pick<SignInProps, 'onToken'>) {
  const { signIn, failures } = useStrings();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = async () => {
    setAsking(true);
    setProblem(null);
    try {
      await onToken(token.trim());
    } catch (error) {
      const { code } = error instanceof RequestFailure ? error : { code: '' };
      setProblem(
        code === 'UNAUTHENTICATED' ? signIn.refused : code === 'UNREACHABLE' ? failures.offline : failures.unknown,
      );
      setAsking(false);
    }
  };
  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        type="password"
        name="token"
        autoComplete="current-password"
        isRequired
        isInvalid={problem !== null}
        validationBehavior="aria"
        value={token}
        onChange={setToken}
      >
        <Label>{signIn.token}</Label>
        <Input ref={input} spellCheck="false" />
        <FieldError>{problem}</FieldError>
      </TextField>
      <Button type="submit" className="button primary" isDisabled={token.trim() === '' || asking}>
        {signIn.submit}
      </Button>
    </Form>
  );
}
