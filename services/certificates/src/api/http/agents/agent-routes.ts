import {
  type AgentOfItself,
  LIMITS,
  type Position,
  type RegistrationRequest,
  TrustcastError,
  type VerificationKeys,
  agentPaths,
  decode,
  parsePosition,
  registrationTokenOf,
  verifyRegistrationRequest,
} from '@trustcast/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../limits/access.js';
import { sendProblem } from '../problem.js';
import { bearerToken } from '../../../features/identity/token.js';
import type { AskingAgent } from '../../../features/identity/authenticate-agent.js';
import { type AgentIdentity, registerAgent } from '../../../features/identity/sql/agent-credentials.js';
import type { Database } from '../../../platform/postgres/database.js';
import { type RegistrationParts, answerRegistration } from './answer-registration.js';
import { agentRecord } from '../../../features/agents/sql/read-agents.js';
import { duplicateReason } from '../../../features/records/agent-record.js';
import { RequestRate } from './request-rate.js';
import { SetMovedError, type SetSource } from '../../../features/distribution/set-source.js';
import type { StatusIntake } from '../../../features/agents/status-intake.js';

/** The first of its key, one more, or one with another key. */
export type RegistrationOutcome = 'pinned' | 'again' | 'refused';

export interface AgentRoutesOptions extends RegistrationParts {
  readonly database: Database;
  /** All that ever signed and were not taken back. */
  readonly statementKeys: () => Promise<VerificationKeys>;
  /** Takes what agents report, as it does over NATS. */
  readonly statuses: Pick<StatusIntake, 'take'>;
  /** Leaves a trace of it. */
  readonly onRegistration: (
    request: FastifyRequest,
    agent: AgentIdentity,
    outcome: RegistrationOutcome,
  ) => Promise<void>;
}

const MAX_ATTEMPTS = 10;
const keyAlreadyPinned = (id: string): string =>
  `this token belongs to an agent with another key. Where the directory of its host is gone, as after a reinstallation, ` +
  `an administrator lets it register anew: ` +
  `mutation { reenrollAgent(input: {id: "${id}"}) { id userErrors { code message } } }. ` +
  `Where the agent runs with its own directory (TRUSTCAST_DIRECTORY) and that was never lost, somebody else has its token: delete the agent`;
/** An agent registers when it starts, and where it has a reason every 30 seconds; one that fails backs off. */
const REGISTRATIONS = { burst: 20, perSecond: 0.2 };
/** An agent asks every 15 seconds, and once where a change did not reach it; while many do not, it backs off by itself. */
const QUESTIONS = { burst: 50, perSecond: 5 };
/** An agent repeats its status three times a minute; a change of many JVMs is a burst. */
const REPORTS = { burst: 50, perSecond: 5 };
const STATUS_BODY_BYTES = LIMITS.agentStatusCompactBytes + 1_024;

/** What agents ask over HTTP. Whoever gets here has signed with the key of an agent, or shown its token. */
export function agentRoutes(
  fastify: FastifyInstance,
  options: AgentRoutesOptions,
  access: Pick<Access<AskingAgent>, 'of'>,
): void {
  const { database, statuses, sourceOf, onRegistration } = options;
  const registrations = new RequestRate(REGISTRATIONS);
  const questions = new RequestRate(QUESTIONS);
  const reports = new RequestRate(REPORTS);

  const mayRegister = { bodyLimit: 2 * LIMITS.registrationBytes, onRequest: rateLimit(registrations, access) };
  fastify.post(agentPaths.register, mayRegister, async (request, reply) => {
    const agent = access.of(request);
    let compact: string;
    let session: number;
    try {
      compact = decode.rawText(decode.object(request.body, 'body').request, 'request', LIMITS.registrationBytes);
      const asked = verifyRegistrationRequest(compact);
      if (!isSentBy(agent, asked, request.headers.authorization)) {
        await onRegistration(request, agent, 'refused');
        return await problem(
          reply,
          403,
          'OTHER_TOKEN',
          'the request was signed for another token, or with another key',
        );
      }
      const accepted = await registerAgent(database, agent.id, asked);
      const isAccepted = typeof accepted === 'number';
      await onRegistration(request, agent, !isAccepted ? 'refused' : agent.publicKey ? 'again' : 'pinned');
      if (accepted === false) return await problem(reply, 409, 'KEY_ALREADY_PINNED', keyAlreadyPinned(agent.id));
      if (!isAccepted)
        return await problem(
          reply,
          409,
          'KEY_OF_ANOTHER_AGENT',
          `the key of this host belongs to the agent ${accepted.name} of ${accepted.environment}: delete that agent if it is this host, else remove the agent's directory here, which came from that host`,
        );
      session = accepted;
    } catch (error) {
      if (!(error instanceof TrustcastError) || error.retryable) throw error;
      return await problem(reply, 400, error.code, error.message);
    }
    const answer = await answerRegistration(options, agent, { request: compact, session });
    return answer ? reply.send(answer) : problem(reply, 404, 'ENVIRONMENT_NOT_FOUND', 'the environment was deleted');
  });

  fastify.get(agentPaths.self, async (request, reply) => {
    const agent = access.of(request);
    if (!(await allows(questions, agent, reply))) return reply;
    const record = await agentRecord(database, agent.id);
    const { duplicate = null, bootId = null } = record?.status ?? {};
    const said: AgentOfItself = {
      duplicate: duplicate && duplicateReason(duplicate, { hostname: record?.hostname ?? null, bootId }),
    };
    return reply.header('cache-control', 'no-store').send(said);
  });

  fastify.get(agentPaths.heartbeat(':environment'), async (request, reply) => {
    const agent = access.of(request);
    if (!(await belongs(request, reply, agent)) || !(await allows(questions, agent, reply))) return reply;
    return answer(reply, await sourceOf(agent).heartbeat());
  });

  const mayReport = { bodyLimit: STATUS_BODY_BYTES, onRequest: rateLimit(reports, access) };
  fastify.post(agentPaths.status(':environment'), mayReport, async (request, reply) => {
    const agent = access.of(request);
    if (!(await belongs(request, reply, agent))) return reply;
    try {
      const { status } = decode.object(request.body, 'body');
      await statuses.take(agent.id, decode.rawText(status, 'status', LIMITS.agentStatusCompactBytes), 'http');
    } catch (error) {
      if (!(error instanceof TrustcastError) || error.retryable) throw error;
      return problem(reply, 400, error.code, error.message);
    }
    return answer(reply, await sourceOf(agent).heartbeat());
  });

  fastify.get(agentPaths.set(':environment'), async (request, reply) => {
    const agent = access.of(request);
    if (!(await belongs(request, reply, agent)) || !(await allows(questions, agent, reply))) return reply;
    const { after } = request.query as { after?: unknown };
    const position = typeof after === 'string' ? parsePosition(after) : undefined;
    if (after !== undefined && !position) return problem(reply, 400, 'MALFORMED', 'after must be <epoch>.<revision>');
    const compress = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const body = await pull(sourceOf(agent), position, compress);
    if (compress && body) reply.header('content-encoding', 'gzip');
    return answer(reply.header('vary', 'accept-encoding'), body);
  });
}

/** Whether a request is of the one who sends it: its key signed both, or it was signed for the token that it comes with. */
function isSentBy(
  { keyId }: AskingAgent,
  { token, publicKey }: RegistrationRequest,
  authorization: string | undefined,
): boolean {
  if (keyId !== null) return token === null && publicKey.x === keyId;
  return token === registrationTokenOf(bearerToken(authorization) ?? '');
}

async function pull(source: SetSource, after: Position | undefined, compress: boolean): Promise<Buffer | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await source.pull(after, compress);
    } catch (error) {
      if (!(error instanceof SetMovedError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Answers 403 to an agent that asks about another environment than its own. @returns false when it did */
export async function belongs(request: FastifyRequest, reply: FastifyReply, agent: AgentIdentity): Promise<boolean> {
  const { environment } = request.params as { environment: string };
  if (environment === agent.environment) return true;
  await sendProblem(reply, 403, 'OTHER_ENVIRONMENT', 'the agent serves another environment');
  return false;
}

/** Answers 429 to an agent that exceeds its request rate. @returns false when it did */
export async function allows(rate: RequestRate, agent: AgentIdentity, reply: FastifyReply): Promise<boolean> {
  const seconds = rate.secondsToWait(agent.id);
  if (seconds === 0) return true;
  const detail = `this agent asks too often: try again in ${seconds} s`;
  await sendProblem(reply.header('retry-after', String(seconds)), 429, 'TOO_MANY_REQUESTS', detail);
  return false;
}

/** The same, before a byte of the body is read. */
export function rateLimit(rate: RequestRate, access: Pick<Access<AgentIdentity>, 'of'>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> =>
    (await allows(rate, access.of(request), reply)) ? undefined : reply;
}

async function answer(reply: FastifyReply, body: Buffer | null): Promise<FastifyReply> {
  if (!body) return problem(reply, 404, 'ENVIRONMENT_NOT_FOUND', 'the environment was deleted');
  return reply.header('content-type', 'application/json').header('cache-control', 'no-store').send(body);
}

async function problem(reply: FastifyReply, status: number, code: string, detail: string): Promise<FastifyReply> {
  await sendProblem(reply, status, code, detail);
  return reply;
}
