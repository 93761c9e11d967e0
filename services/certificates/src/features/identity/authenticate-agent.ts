import { type HttpSignature, TrustcastError } from '@trustcast/schema';
import type { Sql } from '../../platform/postgres/statement.js';
import { batched } from './batched.js';
import { type SignedRequests, UnbelievedError } from './signed-requests.js';
import { type AgentIdentity, agentsByKey, agentsByToken } from './sql/agent-credentials.js';
import { bearerToken, tokenSha256 } from './token.js';

/** An agent that asks. */
export interface AskingAgent extends AgentIdentity {
  /** `x` of the key that signed the request; null: it came with a token. */
  readonly keyId: string | null;
}

/** What a request shows. */
export interface Credentials {
  readonly signature: HttpSignature | null;
  readonly authorization: string | undefined;
}

export interface AgentAuthenticator {
  /** @throws TrustcastError that is not retryable: nobody that is let in asks */
  readonly identify: (credentials: Credentials) => Promise<AskingAgent>;
  /** Looks again whether an agent that was let in may still ask. @throws TrustcastError */
  readonly confirm: (agent: AskingAgent, credentials: Credentials) => Promise<AskingAgent>;
}

/** Says which agent a request is of: by its signature, or by the token of an agent that has one. */
export function agentAuthenticator(sql: Sql, signed: SignedRequests): AgentAuthenticator {
  const byToken = batched((hashes) => agentsByToken(sql, hashes));
  const byKey = batched((keyIds) => agentsByKey(sql, keyIds));
  const ofKey = async (keyId: string): Promise<AskingAgent> => {
    const agent = await byKey(keyId);
    if (!agent)
      throw new TrustcastError(
        'AGENT_KEY_UNKNOWN',
        'the service knows no agent with this key: it was deleted or has enrolled anew; enroll the host with trustcast-agent enroll',
      );
    return { ...agent, keyId };
  };
  const ofToken = async (authorization: string | undefined): Promise<AskingAgent> => {
    const token = bearerToken(authorization);
    const agent = token === undefined ? null : await byToken(tokenSha256(token).toString('hex'));
    if (!agent)
      throw new TrustcastError(
        'UNAUTHENTICATED',
        'the signature of an enrolled agent, or the token of an agent, is needed',
      );
    return { ...agent, keyId: null };
  };
  const find = ({ signature, authorization }: Credentials) =>
    signature ? ofKey(signature.keyId) : ofToken(authorization);
  return {
    identify: async (credentials) => {
      const { signature } = credentials;
      if (signature && signature.tag !== 'trustcast-agent')
        throw new UnbelievedError('SIGNATURE_WRONG_TAG', 'the tag of the signature must be trustcast-agent');
      if (signature) signed.check(signature);
      const agent = await find(credentials);
      const key = [agent.publicKey, agent.previousKey].find((jwk) => jwk?.x === agent.keyId);
      if (signature) {
        if (!key) throw new Error('an agent was found by a key that it does not have');
        await signed.verify(signature, key);
      }
      return admitted(agent);
    },
    confirm: async (_agent, credentials) => admitted(await find(credentials)),
  };
}

function admitted(agent: AskingAgent): AskingAgent {
  if (agent.revokedAt === null) return agent;
  throw new TrustcastError(
    'AGENT_REVOKED',
    `an administrator revoked this agent at ${agent.revokedAt.toISOString()}: where the host may come back, ` +
      'delete the agent, or let it enroll anew with reenrollAgent, and run trustcast-agent enroll --new-key',
  );
}
