import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { EnrollMutation } from '../api/answer-types.js';
import { RequestFailure } from '../api/failure.js';
import { ENROLL } from '../api/operations/lists.js';
import { useSession } from '../api/session.js';
import { CopyButton } from '../parts/copy-button.js';
import { Moment } from '../parts/days-left.js';
import { Frame } from '../parts/frame.js';
import { useStrings } from '../strings/strings.js';

interface EnrollDialogProps {
  readonly environment: string;
  readonly onClosed: () => void;
}

/** Makes a token with which one host enrolls, and shows what to run there. */
export function EnrollDialog({ environment, onClosed }: EnrollDialogProps) {
  const { hosts: texts, shell, failures } = useStrings();
  const { ask } = useSession();
  const [made, setMade] = useState<EnrollMutation['payload'] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async () => {
    setProblem(null);
    try {
      const { payload } = await ask(ENROLL, { input: { environment } });
      const [error] = payload.userErrors;
      if (error) setProblem(error.message);
      else setMade(payload);
    } catch (error) {
      setProblem(error instanceof RequestFailure && error.message !== '' ? error.message : failures.unknown);
    }
  };
  const command = `TRUSTCAST_ENROLLMENT_TOKEN='${made?.token ?? ''}' trustcast-agent enroll --service-url ${location.origin}`;
  return (
    <Frame title={texts.enroll} onClosed={onClosed}>
      <p>{texts.enrollLead}</p>
      <div role="alert">{problem !== null && <p className="problem">{problem}</p>}</div>
      {made?.token != null && (
        <div className="stack">
          <p>{texts.paste}</p>
          <pre className="notice">{command}</pre>
          <div className="row">
            <CopyButton text={command} of={texts.command} />
            {made.enrollmentToken && (
              <span className="note">
                {texts.until} <Moment at={made.enrollmentToken.expiresAt} />
              </span>
            )}
          </div>
        </div>
      )}
      <div className="dialog-actions">
        <Button className="button" onPress={onClosed}>
          {shell.close}
        </Button>
        {!made && (
          <Button className="button primary" onPress={() => void make()}>
            {texts.makeToken}
          </Button>
        )}
      </div>
    </Frame>
  );
}
