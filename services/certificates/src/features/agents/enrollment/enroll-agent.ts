import { randomUUID } from 'node:crypto';
import type { EnrollmentRequest } from '@trustcast/schema';
import { recordAudit } from '../../audit/sql/write-audit.js';
import { notifyAgents } from '../../../platform/postgres/notify.js';
import type { Origin } from '../../requests/request.js';
import type { Database, Transaction } from '../../../platform/postgres/database.js';
import {
  type EnrollmentIdentity,
  addEnrolledAgent,
  agentNamed,
  enrollAgentAnew,
  keyHolder,
  lockToken,
  useToken,
} from './sql/enroll.js';

/** Why a host does not enroll; the message says what to do. */
export interface EnrollmentRefusal {
  readonly status: 403 | 409;
  readonly code:
    | 'ENROLLMENT_TOKEN_ENDED'
    | 'ENROLLMENT_TOKEN_USED_UP'
    | 'ENVIRONMENT_MISMATCH'
    | 'AGENT_REVOKED'
    | 'KEY_OF_ANOTHER_AGENT'
    | 'NAME_TAKEN';
  readonly message: string;
}

/** An agent that has the key of the host. */
export interface Enrolled {
  readonly agentId: string;
}

const refuse = (status: 403 | 409, code: EnrollmentRefusal['code'], message: string): EnrollmentRefusal => ({
  status,
  code,
  message,
});

/**
 * Makes a host with a key an agent. A host that asks again, because it never had the answer, is answered as before and uses
 * nothing of the token.
 */
export function enrollAgent(
  database: Database,
  origin: Origin,
  token: EnrollmentIdentity,
  asked: EnrollmentRequest,
): Promise<Enrolled | EnrollmentRefusal> {
  if (asked.environment !== token.environment) {
    const message = `the enrollment token is for the environment ${token.environment}, and this host is set up for ${asked.environment}: run it with --environment ${token.environment}, or with a token for ${asked.environment}`;
    return Promise.resolve(refuse(409, 'ENVIRONMENT_MISMATCH', message));
  }
  return database.transaction((transaction) => enroll(transaction, origin, token, asked));
}

async function enroll(
  transaction: Transaction,
  origin: Origin,
  token: EnrollmentIdentity,
  { publicKey, name, hostname }: EnrollmentRequest,
): Promise<Enrolled | EnrollmentRefusal> {
  const { environment, environmentId } = token;
  const usable = await lockToken(transaction, token.id);
  if (!usable)
    return refuse(403, 'ENROLLMENT_TOKEN_ENDED', 'the enrollment token has ended meanwhile: create another one');
  const holder = await keyHolder(transaction, publicKey);
  if (holder && holder.environment !== environment)
    return refuse(
      409,
      'KEY_OF_ANOTHER_AGENT',
      `the key of this host belongs to the agent ${holder.name} of ${holder.environment}: use another directory (--directory) for ${environment}, or make another key with --new-key`,
    );
  if (holder?.isRevoked)
    return refuse(
      403,
      'AGENT_REVOKED',
      `the key of this host was revoked with the agent ${holder.name}: make another key with --new-key, and give the host another --name, unless reenrollAgent has freed that one`,
    );
  if (holder?.isEnrolled) return { agentId: holder.id };
  if (usable.left < 1)
    return refuse(
      403,
      'ENROLLMENT_TOKEN_USED_UP',
      `the enrollment token was used by ${usable.uses} host(s), which is as often as it may be: create another one with createEnrollmentToken`,
    );
  const named = holder ? { id: holder.id, isOpen: true } : await agentNamed(transaction, environmentId, name);
  if (named && !named.isOpen)
    return refuse(
      409,
      'NAME_TAKEN',
      `${environment} has an agent ${name} with another key: give this host another name with --name; where it is that host, reinstalled, an administrator lets it enroll anew: mutation { reenrollAgent(input: {id: "${named.id}"}) { id userErrors { code message } } }`,
    );
  const id = named?.id ?? randomUUID();
  const agent = { id, publicKey, tokenId: token.id };
  if (named) await enrollAgentAnew(transaction, agent);
  else await addEnrolledAgent(transaction, agent, { environmentId, name });
  await useToken(transaction, token.id);
  const after = { id, environment, name: holder?.name ?? name, hostname, enrollmentToken: token.id };
  await recordAudit(transaction, origin, { action: 'enrollAgent', after }, { environments: [environment] });
  await notifyAgents(transaction, id);
  return { agentId: id };
}
