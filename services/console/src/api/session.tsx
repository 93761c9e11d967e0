import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import type { MeQuery } from './answer-types.js';
import { ask, download } from './ask.js';
import { RequestFailure } from './failure.js';
import { liveUpdates, type LiveUpdates } from './live-updates.js';
import type { Operation } from './operation.js';
import { ME } from './operations/me.js';

export type Me = MeQuery['me'];
export type PermissionName = Me['grants'][number]['permission'];

export interface Session {
  readonly me: Me;
  /** Whether the service did not accept the token at the last request. */
  readonly expired: boolean;
  readonly ask: <Answer, Given>(
    operation: Operation<Answer, Given>,
    variables: Given,
    signal?: AbortSignal,
  ) => Promise<Answer>;
  readonly download: (path: string) => Promise<void>;
  readonly live: LiveUpdates;
  /** Whether the caller has a permission somewhere, or in an environment. */
  readonly may: (permission: PermissionName, environment?: string) => boolean;
  readonly signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('nobody has signed in');
  return session;
}

interface Signed {
  readonly token: string;
  readonly me: Me;
}

export interface SignInProps {
  /** The sign-in that ended, whose page stays as it is. */
  readonly expired: Me | null;
  /** @throws RequestFailure when the token is not accepted */
  readonly onToken: (token: string) => Promise<void>;
}

/** Keeps the token in memory alone: a page that is closed or loaded again has none. */
export function SessionProvider({
  signIn: SignIn,
  children,
}: {
  readonly signIn: (props: SignInProps) => ReactNode;
  readonly children: ReactNode;
}) {
  const [signed, setSigned] = useState<Signed | null>(null);
  const [expired, setExpired] = useState(false);
  const token = signed?.token;
  const live = useMemo(() => (token === undefined ? null : liveUpdates(token, () => setExpired(true))), [token]);
  useEffect(() => () => live?.close(), [live]);
  const session = useMemo<Session | null>(() => {
    if (!signed || !live) return null;
    const watch = async <Value,>(request: Promise<Value>): Promise<Value> => {
      try {
        return await request;
      } catch (error) {
        if (error instanceof RequestFailure && error.code === 'UNAUTHENTICATED') setExpired(true);
        throw error;
      }
    };
    return {
      me: signed.me,
      expired,
      live,
      ask: (operation, variables, signal) => watch(ask(signed.token, operation, variables, signal)),
      download: (path) => watch(download(signed.token, path)),
      may: (permission, environment) =>
        signed.me.grants.some(
          (grant) =>
            grant.permission === permission &&
            (environment === undefined || grant.environments === null || grant.environments.includes(environment)),
        ),
      signOut: () => setSigned(null),
    };
  }, [signed, live, expired]);
  const onToken = async (given: string) => {
    const { me } = await ask(given, ME, {});
    setSigned({ token: given, me });
    setExpired(false);
  };
  if (!session) return <SignIn expired={null} onToken={onToken} />;
  return (
    <SessionContext value={session}>
      {children}
      {expired && <SignIn expired={session.me} onToken={onToken} />}
    </SessionContext>
  );
}
