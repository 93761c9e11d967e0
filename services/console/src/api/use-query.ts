import { useCallback, useEffect, useRef, useState } from 'react';
import { RequestFailure } from './failure.js';
import type { Operation } from './operation.js';
import { useSession } from './session.js';

export interface Query<Answer> {
  /** The last answer: it stays while the next one is awaited. */
  readonly answer: Answer | undefined;
  readonly failure: RequestFailure | undefined;
  readonly loading: boolean;
  readonly again: () => void;
}

/** Asks when the variables change, when `again` is called, and when the sign-in is renewed. */
export function useQuery<Answer, Given>(operation: Operation<Answer, Given>, variables: Given): Query<Answer> {
  const { ask } = useSession();
  const [state, setState] = useState<Omit<Query<Answer>, 'again'>>({
    answer: undefined,
    failure: undefined,
    loading: true,
  });
  const [round, setRound] = useState(0);
  const key = JSON.stringify(variables);
  const asked = useRef(ask);
  asked.current = ask;
  useEffect(() => {
    const gone = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    asked.current(operation, JSON.parse(key) as Given, gone.signal).then(
      (answer) => {
        if (!gone.signal.aborted) setState({ answer, failure: undefined, loading: false });
      },
      (error: unknown) => {
        if (gone.signal.aborted) return;
        const failure = error instanceof RequestFailure ? error : new RequestFailure('UNREACHABLE', '');
        setState((before) => ({ ...before, failure, loading: false }));
      },
    );
    return () => gone.abort();
  }, [operation, key, round]);
  const again = useCallback(() => setRound((value) => value + 1), []);
  const refused = useRef(false);
  refused.current = state.failure?.code === 'UNAUTHENTICATED';
  useEffect(() => {
    // A new sign-in makes a new `ask`: what was refused is asked again.
    if (refused.current) again();
  }, [ask, again]);
  return { ...state, again };
}
