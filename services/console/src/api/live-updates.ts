import { CloseCode, createClient } from 'graphql-ws';
import type { Operation } from './operation.js';

/** `CONNECTED`: what is shown follows the service; `RECONNECTING`: it does not, and the connection is tried again. */
export type LiveState = 'CONNECTED' | 'RECONNECTING';

export interface LiveUpdates {
  /** @returns ends it */
  readonly subscribe: <Answer, Given>(
    operation: Operation<Answer, Given>,
    variables: Given,
    onNext: (answer: Answer) => void,
  ) => () => void;
  readonly state: () => LiveState;
  /** @returns ends it */
  readonly onState: (listener: () => void) => () => void;
  readonly close: () => void;
}

/** Subscriptions over one WebSocket, which is connected again until the token ends. */
export function liveUpdates(token: string, onExpired: () => void): LiveUpdates {
  let state: LiveState = 'CONNECTED';
  const listeners = new Set<() => void>();
  const become = (next: LiveState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
  const client = createClient({
    url,
    connectionParams: { authorization: `Bearer ${token}` },
    // Connected also while nothing is subscribed to: that the service or the sign-in is gone is known at once.
    lazy: false,
    onNonLazyError: () => undefined,
    retryAttempts: Number.MAX_SAFE_INTEGER,
    retryWait: (attempt) => new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 250 * 2 ** attempt))),
    shouldRetry: () => true,
    on: {
      connected: () => become('CONNECTED'),
      closed: (event) => {
        const { code, wasClean } = event as CloseEvent;
        if (code === (CloseCode.Forbidden as number)) {
          // Each attempt more would count as one with an unknown token.
          void client.dispose();
          onExpired();
        } else if (!wasClean || code !== 1000) become('RECONNECTING');
      },
    },
  });
  return {
    subscribe: ({ text }, variables, onNext) =>
      client.subscribe<unknown>(
        { query: text, variables: variables as Record<string, unknown> },
        {
          next: ({ data }) => {
            if (data) onNext(data as never);
          },
          error: () => undefined,
          complete: () => undefined,
        },
      ),
    state: () => state,
    onState: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => void client.dispose(),
  };
}
