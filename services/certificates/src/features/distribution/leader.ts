import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@trustcast/config';
import type { Client } from 'pg';
import type { ProblemReports } from '../../platform/problems/problem-reports.js';
import { KEEP_ALIVE_MS, endLongSession, longSession, overAfter } from '../../platform/postgres/long-session.js';

const LEADER_LOCK = 7_305_802;
/** Shared by all processes that could publish. */
const ABLE_LOCK = 7_305_804;
const RETRY_MS = 250;

export interface LeaderOptions {
  readonly databaseUrl: string;
  /** The key that this process signs with. */
  readonly kid: string;
  /** Whether this process reaches NATS. One that does not gives the lead to one that does. */
  readonly connected: () => boolean;
  /** Starts leading. @returns how to stop */
  readonly lead: () => { stop: () => Promise<void> };
  readonly onChange: (standing: Standing) => void;
  readonly problems: ProblemReports;
  readonly log: Log;
}

export interface Standing {
  readonly leading: boolean;
  /** Whether the database held the key of this process current when it was asked last. */
  readonly keyCurrent: boolean;
}

export interface Leader {
  /** Stops for good. */
  readonly stop: () => Promise<void>;
}

const STANDING = `SELECT
  EXISTS (SELECT FROM signing_keys WHERE kid = $1 AND retired_at IS NULL) AS "keyCurrent",
  EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() AND classid = 0 AND objid = ${ABLE_LOCK}
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  ) AS "othersAble"`;

/**
 * Leads while it holds an advisory lock on a connection of its own, and stands by otherwise. A process without NATS leads
 * only where no other has it: the audit is sealed by the leader too. One whose key is not current never does.
 */
export function standForLeader({ databaseUrl, kid, connected, lead, onChange, problems, log }: LeaderOptions): Leader {
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const endings = new Set<Promise<void>>();
  let standing: Standing = { leading: false, keyCurrent: true };
  const change = (changed: Partial<Standing>) => {
    const before = standing;
    standing = { ...before, ...changed };
    if (before.leading !== standing.leading || before.keyCurrent !== standing.keyCurrent) onChange(standing);
  };

  /** Shows the others whether this process could publish. @returns whether it may lead */
  const look = async (client: Client, shown: { able: boolean }): Promise<boolean> => {
    const { rows } = await client.query<{ keyCurrent: boolean; othersAble: boolean }>({
      name: 'leader_standing',
      text: STANDING,
      values: [kid],
    });
    const { othersAble = false } = rows[0] ?? {};
    const keyCurrent = rows[0]?.keyCurrent === true;
    change({ keyCurrent });
    if (keyCurrent) problems.ended('SIGNING_KEY_NOT_CURRENT', 'the key of this process is current');
    else
      problems.began(
        'SIGNING_KEY_NOT_CURRENT',
        'this process signs with a key that the database does not hold current: it does not lead and is not ready; start it again with the current key',
        `thumbprint ${kid}`,
      );
    const able = keyCurrent && connected();
    if (able !== shown.able) {
      await client.query(`SELECT pg_advisory_${able ? 'lock' : 'unlock'}_shared($1)`, [ABLE_LOCK]);
      shown.able = able;
    }
    return able || (keyCurrent && !othersAble);
  };

  const term = async (client: Client, lost: Promise<unknown>) => {
    const ended = Promise.race([lost, stopped]);
    const isOver = overAfter(ended);
    const shown = { able: false };
    while (!isOver()) {
      if (await look(client, shown)) {
        const { rows } = await client.query<{ led: boolean }>('SELECT pg_try_advisory_lock($1) AS led', [LEADER_LOCK]);
        if (rows[0]?.led) break;
      }
      await Promise.race([ended, delay(RETRY_MS)]);
    }
    if (isOver()) return;
    const { stop } = lead();
    change({ leading: true });
    log.info('this process leads the relay');
    try {
      while (!isOver() && (await look(client, shown))) await Promise.race([ended, delay(KEEP_ALIVE_MS)]);
      if (!isOver()) log.info('this process hands the relay over to another');
    } finally {
      change({ leading: false });
      // What is under way may wait for a database that does not answer: this process stands by again meanwhile.
      const ending = stop().catch(() => undefined);
      endings.add(ending);
      void ending.then(() => endings.delete(ending));
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      const client = longSession(databaseUrl, 'leader');
      const lost = new Promise((resolve) => {
        client.on('error', resolve);
        client.once('end', resolve);
      });
      try {
        await client.connect();
        problems.ended('RELAY_DISCONNECTED', 'the connection that the relay leads by is back');
        await term(client, lost).catch((error: unknown) =>
          problems.began('RELAY_DISCONNECTED', 'the connection that the relay leads by is lost', error),
        );
      } catch (error) {
        problems.failed('RELAY_DISCONNECTED', 'the connection that the relay leads by is lost', error);
      }
      await endLongSession(client);
      await Promise.race([stopped, delay(RETRY_MS)]);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.all(endings);
    },
  };
}
