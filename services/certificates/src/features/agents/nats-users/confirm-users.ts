import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import type { NatsRoad } from '../../../config.js';
import type { Problems } from '../../../platform/problems/problems.js';
import { optionsOf } from '../../../platform/nats/nats-link.js';
import type { ServiceLogin } from './users-text.js';

export interface ConfirmOptions {
  readonly nats: Pick<NatsRoad, 'servers' | 'ca'>;
  readonly problems: Problems;
  /** How long nats-server may take. */
  readonly patienceMs: number;
  readonly onOutcome: (outcome: 'loaded' | 'refused') => void;
  readonly signal: AbortSignal;
}

const LOOK_MS = { soon: 200, later: 10_000 };

/**
 * Waits until nats-server uses the users that were written last, which it says to nobody: a login that only they let in
 * works. Where it refused to read its configuration again, it goes on with the users from before, and does not start again.
 */
export async function confirmUsers(login: ServiceLogin, options: ConfirmOptions): Promise<void> {
  const { nats, problems, patienceMs, onOutcome, signal } = options;
  let refusedSince: number | undefined;
  let told = false;
  const isOver = () => signal.aborted;
  while (!isOver()) {
    const answer = await tryLogin(nats, login);
    if (isOver()) return;
    if (answer === 'in') {
      onOutcome('loaded');
      problems.ended('NATS_USERS_NOT_LOADED', 'nats-server uses the users that were written');
      return;
    }
    // What cannot be reached says nothing of its users.
    refusedSince = answer === 'refused' ? (refusedSince ?? performance.now()) : undefined;
    if (refusedSince !== undefined && performance.now() - refusedSince > patienceMs) {
      if (!told) onOutcome('refused');
      told = true;
      problems.began(
        'NATS_USERS_NOT_LOADED',
        'nats-server does not use the users that were written: agents that registered since cannot log in, and it may not start again',
        'it refused to read its configuration again, or was not told to; its log, or nats-server -t -c <its configuration>, says why',
      );
    }
    await delay(told ? LOOK_MS.later : LOOK_MS.soon, undefined, { signal }).catch(() => undefined);
  }
}

async function tryLogin(nats: ConfirmOptions['nats'], login: ServiceLogin): Promise<'in' | 'refused' | 'away'> {
  try {
    const connection = await connect({ ...optionsOf({ ...nats, ...login }, nats.servers), name: 'trustcast users' });
    await connection.close();
    return 'in';
  } catch (error) {
    return error instanceof Error && /authoriz|authentic/i.test(`${error.name} ${error.message}`) ? 'refused' : 'away';
  }
}
