import {
  type KeyDocument,
  type Registration,
  type RegistrationAnswer,
  type Signer,
  type SigningKey,
  type Ed25519Jwk,
  signRegistration,
} from '@trustcast/schema';
import type { NatsSettings } from '../../../config.js';
import type { AgentIdentity } from '../../../features/identity/sql/agent-credentials.js';
import type { SetSource } from '../../../features/distribution/set-source.js';

export interface RegistrationParts {
  readonly installation: string;
  readonly signingKey: SigningKey | Signer;
  /** Those that agents are to believe now. */
  readonly signingKeys: () => Promise<readonly { readonly jwk: Ed25519Jwk }[]>;
  /** Which keys sign, as the root says; null: there is no root. */
  readonly keyList: () => Promise<KeyDocument | null>;
  readonly agentNats: NatsSettings;
  /** Lets NATS know who registered, so that the answer can be used at once. */
  readonly registered: () => Promise<void>;
  readonly sourceOf: (agent: AgentIdentity) => SetSource;
}

/** Answers an agent that has registered or enrolled. @returns null: its environment was deleted meanwhile */
export async function answerRegistration(
  { installation, signingKey, signingKeys, keyList, agentNats, registered, sourceOf }: RegistrationParts,
  agent: AgentIdentity,
  { request, session }: { readonly request: string; readonly session: number },
): Promise<RegistrationAnswer | null> {
  await registered();
  const issuedAt = Date.now();
  const position = await sourceOf(agent).position();
  if (!position) return null;
  const registration: Registration = {
    agent: agent.id,
    installation,
    environment: { id: agent.environmentId, name: agent.environment },
    session,
    issuedAt,
    position,
    signingKeys: (await signingKeys()).map(({ jwk }) => jwk),
    nats: agentNats,
  };
  const list = await keyList();
  return {
    signingKeys: registration.signingKeys,
    registration: await signRegistration(registration, request, signingKey),
    ...(list && { keyList: list }),
  };
}
