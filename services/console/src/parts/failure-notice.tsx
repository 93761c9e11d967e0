import { Button } from 'react-aria-components';
import type { RequestFailure } from '../api/failure.js';
import { useStrings } from '../strings/strings.js';

/** What to do where an answer did not come. */
export function FailureNotice({ failure, again }: { readonly failure: RequestFailure; readonly again?: () => void }) {
  const { failures, shell } = useStrings();
  const { code, message } = failure;
  const text =
    code === 'UNREACHABLE' ? failures.offline : code === 'FORBIDDEN' ? failures.forbidden : message || failures.unknown;
  return (
    <div className="notice stack" data-tone="bad" role="alert">
      <strong>{failures.title}</strong>
      <p>{text}</p>
      {again && (
        <div>
          <Button className="button" onPress={again}>
            {shell.again}
          </Button>
        </div>
      )}
    </div>
  );
}
