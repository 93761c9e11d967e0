import { type Outgrown, outgrownWarnings } from './rules/outgrown.js';
import type { Result } from '../records/result.js';
import type { Refusal } from '../records/refusal.js';
import { deployRefusal } from './deploy.js';
import { idempotent } from '../requests/idempotent.js';
import type { Request } from '../requests/request.js';
import type { Sql } from '../../platform/postgres/statement.js';

/** Answers a request that deploys once, like {@link idempotent}, with the refusals and warnings of a deployment. */
export function deployOnce<Answer>(
  sql: Sql,
  request: Request,
  attempt: () => Promise<Answer>,
  explain: (constraint: string) => Promise<readonly Refusal[]> = () => Promise.resolve([]),
): Promise<Result<Answer>> {
  return idempotent(sql, request, attempt, explain, {
    refusalOf: (error) => deployRefusal(error, request.grants),
    answerOf: withStoredWarnings,
  });
}

/** The deployment stores what its environments have outgrown beside the answer, which was stored before it was known. */
function withStoredWarnings(stored: unknown): unknown {
  const { outgrown, ...answer } = stored as { outgrown?: readonly Outgrown[]; warnings?: readonly unknown[] };
  return outgrown ? { ...answer, warnings: [...(answer.warnings ?? []), ...outgrownWarnings(outgrown)] } : stored;
}
