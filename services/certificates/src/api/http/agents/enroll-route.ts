import { LIMITS, TrustcastError, agentPaths, decode, verifyEnrollmentRequest } from '@trustcast/schema';
import type { FastifyInstance } from 'fastify';
import {
  type Enrolled,
  type EnrollmentRefusal,
  enrollAgent,
} from '../../../features/agents/enrollment/enroll-agent.js';
import type { EnrollmentIdentity } from '../../../features/agents/enrollment/sql/enroll.js';
import { readName } from '../../../features/records/certificate-input.js';
import { agentById, registerAgent } from '../../../features/identity/sql/agent-credentials.js';
import type { Database } from '../../../platform/postgres/database.js';
import type { Access } from '../limits/access.js';
import { sendProblem } from '../problem.js';
import { type RegistrationParts, answerRegistration } from './answer-registration.js';
import { RequestRate } from './request-rate.js';

/** A fleet that is set up at once enrolls with one token. */
const ENROLLMENTS = { burst: 100, perSecond: 10 };

export interface EnrollRouteOptions extends RegistrationParts {
  readonly database: Database;
  /** Leaves a trace of what was refused. */
  readonly onRefused: (origin: { readonly ip: string; readonly id: string }, environment: string, code: string) => void;
}

/** Takes hosts in that sign with the key of an enrollment token. */
export function enrollRoute(
  scope: FastifyInstance,
  options: EnrollRouteOptions,
  access: Pick<Access<EnrollmentIdentity>, 'of'>,
): void {
  const { database, onRefused } = options;
  const rate = new RequestRate(ENROLLMENTS);
  scope.post(agentPaths.enroll, { bodyLimit: 2 * LIMITS.registrationBytes }, async (request, reply) => {
    const token = access.of(request);
    const refuse = async (status: number, code: string, message: string) => {
      onRefused({ ip: request.ip, id: request.id }, token.environment, code);
      await sendProblem(reply, status, code, message);
      return reply;
    };
    const seconds = rate.secondsToWait(token.id);
    if (seconds > 0) {
      reply.header('retry-after', String(seconds));
      return refuse(429, 'TOO_MANY_REQUESTS', `too many hosts enroll with this token: try again in ${seconds} s`);
    }
    try {
      const { request: given } = decode.object(request.body, 'body');
      const compact = decode.rawText(given, 'request', LIMITS.registrationBytes);
      const asked = verifyEnrollmentRequest(compact);
      if (asked.token !== token.keyId)
        return await refuse(403, 'OTHER_TOKEN', 'the request was signed for another enrollment token');
      const name = readName(asked.name);
      if (!name.ok)
        return await refuse(400, 'MALFORMED', name.refusals.map(({ message }) => `the name ${message}`).join('; '));
      const origin = { actor: `enrollment:${token.id}`, address: request.ip, requestId: request.id };
      const outcome: Enrolled | EnrollmentRefusal = await enrollAgent(database, origin, token, {
        ...asked,
        name: name.value,
      });
      if ('code' in outcome) return await refuse(outcome.status, outcome.code, outcome.message);
      const session = await registerAgent(database, outcome.agentId, asked);
      const agent = await agentById(database, outcome.agentId);
      if (typeof session !== 'number' || !agent)
        return await refuse(409, 'KEY_ALREADY_PINNED', 'the agent has another key by now: run it with --new-key');
      const answer = await answerRegistration(options, agent, { request: compact, session });
      if (!answer) return await refuse(404, 'ENVIRONMENT_NOT_FOUND', 'the environment was deleted');
      return await reply.header('cache-control', 'no-store').send(answer);
    } catch (error) {
      if (!(error instanceof TrustcastError) || error.retryable) throw error;
      return await refuse(400, error.code, error.message);
    }
  });
}
