import type { Database } from '../../platform/postgres/database.js';
import { AnswerCache } from '../agents/answer-cache.js';
import type { AgentIdentity } from '../identity/sql/agent-credentials.js';
import { SetSource, type Signing } from './set-source.js';

/** The source of the set that an agent pulls: one for each environment, all with one cache of answers. */
export function setSources(
  database: Database,
  installation: string,
  signing: Signing,
): (agent: AgentIdentity) => SetSource {
  const sources = new Map<string, SetSource>();
  const answers = new AnswerCache();
  return ({ environmentId }) => {
    const scope = { installation, environment: environmentId };
    const source = sources.get(environmentId) ?? new SetSource(database, scope, signing, answers);
    sources.set(environmentId, source);
    return source;
  };
}
