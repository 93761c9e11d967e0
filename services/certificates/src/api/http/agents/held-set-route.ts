import {
  HELD_SET_BYTES,
  type HeldSetAnswer,
  type Statement,
  TrustcastError,
  type VerificationKeys,
  agentPaths,
  verifyStatement,
} from '@trustcast/schema';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../limits/access.js';
import { sendProblem } from '../problem.js';
import { NoRoomError } from '../bodies/read-bodies.js';
import type { Intake } from '../../../features/intake/intake.js';
import { UnreadError } from '../../../features/intake/reader-pool.js';
import type { AgentIdentity } from '../../../features/identity/sql/agent-credentials.js';
import type { Database } from '../../../platform/postgres/database.js';
import { isNews, keepHeldSet } from '../../../features/epochs/sql/held-sets.js';
import { belongs, rateLimit } from './agent-routes.js';
import { RequestRate } from './request-rate.js';

export interface HeldSetOptions {
  readonly database: Database;
  readonly installation: string;
  /** All keys that ever signed and were not taken back: what a host holds may be older than the current one. */
  readonly statementKeys: () => Promise<VerificationKeys>;
  readonly intake: Pick<Intake, 'heldSet'>;
}

/** One question and one answer for each position that a host is ahead with, which a restore alone brings about. */
const REPORTS = { burst: 8, perSecond: 0.1 };
/** A whole fleet is ahead at once: one host is asked for its set, and the next when that one has not sent it. */
const TURN_MS = 10_000;

/** Takes the sets of hosts that are ahead of the database, since a restored database does not have them. */
export function heldSetRoute(
  scope: FastifyInstance,
  { database, installation, statementKeys, intake }: HeldSetOptions,
  access: Pick<Access<AgentIdentity>, 'of'>,
): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const turns = new Map<string, { readonly agent: string; readonly until: number }>();
  const isTurnOf = ({ id, environmentId }: AgentIdentity): boolean => {
    const now = performance.now();
    const turn = turns.get(environmentId);
    if (turn && turn.agent !== id && turn.until > now) return false;
    turns.set(environmentId, { agent: id, until: now + TURN_MS });
    return true;
  };
  const mayReport = { bodyLimit: HELD_SET_BYTES, onRequest: rateLimit(new RequestRate(REPORTS), access) };
  scope.post(agentPaths.held(':environment'), mayReport, async (request, reply) => {
    const agent = access.of(request);
    if (!(await belongs(request, reply, agent))) return reply;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const ours = { installation, environment: agent.environmentId };
    const held = await intake.heldSet(body, ours).catch((error: unknown) => {
      throw error instanceof UnreadError ? NoRoomError() : error;
    });
    try {
      if ('code' in held) throw new TrustcastError(held.code, held.message);
      const statement = believed(verifyStatement(held.statement, await statementKeys()), ours);
      const answer: HeldSetAnswer = (await isNews(database, statement))
        ? { known: false, wanted: held.entries === null && isTurnOf(agent) }
        : { known: true, wanted: false };
      if (held.entries === null || answer.known) return await reply.send(answer);
      if (held.entries.digest !== statement.digest)
        throw new TrustcastError('DIGEST_MISMATCH', 'the entries are not those that the statement is of');
      await keepHeldSet(database, agent.id, statement, held.entries.json);
      turns.delete(agent.environmentId);
      const kept: HeldSetAnswer = { known: true, wanted: false };
      return await reply.send(kept);
    } catch (error) {
      if (!(error instanceof TrustcastError) || error.retryable) throw error;
      await sendProblem(reply, 400, error.code, error.message);
      return reply;
    }
  });
}

/** Old as it may be: it says what was so, and not what is. @throws TrustcastError */
function believed(
  statement: Statement,
  ours: { readonly installation: string; readonly environment: string },
): Statement {
  if (statement.installation === ours.installation && statement.environment === ours.environment) return statement;
  throw new TrustcastError('HELD_SET_NOT_OURS', 'the statement is of another installation or environment');
}
