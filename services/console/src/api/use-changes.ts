import { useEffect, useRef } from 'react';
import { LATEST } from './operations/me.js';
import { useSession } from './session.js';

const SETTLED_MS = 100;

/** Calls `onChange` soon after something of one of the environments was deployed, or got further. */
export function useChanges(environments: readonly string[], onChange: () => void): void {
  const { live } = useSession();
  const call = useRef(onChange);
  call.current = onChange;
  const key = environments.join(' ');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        call.current();
      }, SETTLED_MS);
    };
    const ends = key
      .split(' ')
      .filter(Boolean)
      .map((environment) => {
        // The first answer is the state at the start.
        let started = false;
        return live.subscribe(LATEST, { environment }, () => {
          if (started) soon();
          started = true;
        });
      });
    // What happened while the connection was lost is asked for when it is back.
    const stop = live.onState(soon);
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
      stop();
    };
  }, [live, key]);
}
