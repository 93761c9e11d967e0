import type { Counter } from 'prom-client';
import type { AccessTrail } from '../../../features/audit/access-trail.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import { recordAudit } from '../../../features/audit/sql/write-audit.js';
import type { AgentRoutesOptions } from './agent-routes.js';

/**
 * Records which key was pinned for an agent, always, and whoever came with another one, at a limited rate. Agents that
 * start again are counted only: there may be thousands.
 */
export function registrationTrail(
  sql: Sql,
  trail: AccessTrail,
  counter: Counter<'outcome'>,
): AgentRoutesOptions['onRegistration'] {
  return async (request, { id, environment }, outcome) => {
    counter.inc({ outcome });
    const origin = { actor: `agent:${id}`, address: request.ip, requestId: request.id };
    const environments = [environment];
    if (outcome === 'pinned') await recordAudit(sql, origin, { action: 'registerAgent' }, { environments });
    if (outcome === 'refused') trail.mention(origin, { action: 'registerAgentRefused', environments });
  };
}
