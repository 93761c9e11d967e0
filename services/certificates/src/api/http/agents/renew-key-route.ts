import { LIMITS, TrustcastError, agentPaths, decode, verifyRegistrationRequest } from '@trustcast/schema';
import type { FastifyInstance } from 'fastify';
import { recordAudit } from '../../../features/audit/sql/write-audit.js';
import type { AskingAgent } from '../../../features/identity/authenticate-agent.js';
import { renewAgentKey } from '../../../features/identity/sql/agent-credentials.js';
import type { Database } from '../../../platform/postgres/database.js';
import type { Access } from '../limits/access.js';
import { sendProblem } from '../problem.js';
import { rateLimit } from './agent-routes.js';
import { type RegistrationParts, answerRegistration } from './answer-registration.js';
import { RequestRate } from './request-rate.js';

/** An agent renews its key within months; one whose answers are lost backs off. */
const RENEWALS = { burst: 5, perSecond: 0.05 };

/** Lets the key of an enrolled host take over from the one before, which signs the request around it. */
export function renewKeyRoute(
  scope: FastifyInstance,
  options: RegistrationParts & { readonly database: Database },
  access: Pick<Access<AskingAgent>, 'of'>,
): void {
  const { database } = options;
  const rate = new RequestRate(RENEWALS);
  const limits = { bodyLimit: 2 * LIMITS.registrationBytes, onRequest: rateLimit(rate, access) };
  scope.post(agentPaths.renewKey, limits, async (request, reply) => {
    const agent = access.of(request);
    const refuse = async (status: number, code: string, message: string) => {
      await sendProblem(reply, status, code, message);
      return reply;
    };
    if (agent.keyId === null)
      return refuse(403, 'NOT_ENROLLED', 'only a host that enrolled renews its key: run trustcast-agent enroll');
    try {
      const compact = decode.rawText(decode.object(request.body, 'body').request, 'request', LIMITS.registrationBytes);
      const asked = verifyRegistrationRequest(compact);
      const renewed = await renewAgentKey(database, agent.id, agent.keyId, asked);
      if (renewed === null)
        return await refuse(
          409,
          'KEY_NOT_RENEWED',
          'the key that signed was renewed already with another one, or the new key belongs to an agent: where this host did not renew it, revoke the agent',
        );
      if (renewed.renewed) {
        const origin = { actor: `agent:${agent.id}`, address: request.ip, requestId: request.id };
        const entry = {
          action: 'renewAgentKey',
          before: { id: agent.id, keyId: agent.keyId },
          after: { id: agent.id, keyId: asked.publicKey.x },
        };
        await recordAudit(database, origin, entry, { environments: [agent.environment] });
      }
      const answer = await answerRegistration(options, agent, { request: compact, session: renewed.session });
      if (!answer) return await refuse(404, 'ENVIRONMENT_NOT_FOUND', 'the environment was deleted');
      return await reply.header('cache-control', 'no-store').send(answer);
    } catch (error) {
      if (!(error instanceof TrustcastError) || error.retryable) throw error;
      return await refuse(400, error.code, error.message);
    }
  });
}
