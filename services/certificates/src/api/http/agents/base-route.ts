import { BASE_LIMITS, type BaseAnswer, TrustcastError, agentPaths } from '@trustcast/schema';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../limits/access.js';
import { sendProblem } from '../problem.js';
import { NoRoomError } from '../bodies/read-bodies.js';
import type { Intake } from '../../../features/intake/intake.js';
import { UnreadError } from '../../../features/intake/reader-pool.js';
import { rateLimit } from './agent-routes.js';
import { RequestRate } from './request-rate.js';
import type { AgentIdentity } from '../../../features/identity/sql/agent-credentials.js';
import type { Database } from '../../../platform/postgres/database.js';
import { noteBase, storeBase } from '../../../features/agents/sql/report-base.js';

/** Rate of base reports: two requests after each registration and each rare change of the base; each may be large. */
const REPORTS = { burst: 8, perSecond: 0.1 };

/** Takes the bases that agents report. Thousands of certificates may be in one: a thread decodes them, from the bytes. */
export function baseRoute(
  scope: FastifyInstance,
  { database, intake }: { readonly database: Database; readonly intake: Pick<Intake, 'baseReport'> },
  access: Pick<Access<AgentIdentity>, 'of'>,
): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const mayReport = { bodyLimit: BASE_LIMITS.bytes, onRequest: rateLimit(new RequestRate(REPORTS), access) };
  scope.post(agentPaths.base, mayReport, async (request, reply) => {
    const { id } = access.of(request);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const report = await intake.baseReport(body).catch((error: unknown) => {
      throw error instanceof UnreadError ? NoRoomError() : error;
    });
    if ('code' in report) {
      await sendProblem(reply, 400, report.code, report.message);
      return reply;
    }
    const { digest, rows } = report;
    try {
      if (rows) await storeBase(database, id, digest, rows);
      const answer: BaseAnswer = { known: rows !== null || (await noteBase(database, id, digest)) };
      return await reply.send(answer);
    } catch (error) {
      if (!(error instanceof TrustcastError) || error.retryable) throw error;
      await sendProblem(reply, 400, error.code, error.message);
      return reply;
    }
  });
}
