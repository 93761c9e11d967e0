import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { type JwkView, JWK, createJwk } from './jwk-mutations.js';
import { type MadeCertificate, makeCertificate } from './make-certificate.js';
import { createCertificate, createEnvironment, pasted } from './mutations.js';
import type { ServiceProcess } from './service-process.js';

export const newKey = (namedCurve = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey;

/** A certificate in environments of its own, one definition for all of them, with a JWK in each. */
export interface JwkStage {
  readonly id: string;
  readonly name: string;
  readonly definitionId: string;
  readonly environments: readonly string[];
  readonly made: MadeCertificate;
  readonly publicKey: KeyObject;
  readonly jwks: readonly JwkView[];
}

let serial = 0;

export async function makeJwkStage(
  service: ServiceProcess,
  { environments: count = 1, jwks: jwkCount = count }: { environments?: number; jwks?: number } = {},
): Promise<JwkStage> {
  const number = ++serial;
  const environments = Array.from({ length: count }, (_, i) => `stage-${number}-${i}`);
  for (const environment of environments) await createEnvironment(service, environment);
  const name = `partner-${number}`;
  const publicKey = newKey();
  const made = makeCertificate(name, { publicKey });
  const { certificate } = await createCertificate(service, {
    name,
    definitions: [pasted(environments, name, made.pem)],
  });
  const { id } = certificate!;
  const jwks: JwkView[] = [];
  for (const environment of environments.slice(0, jwkCount)) jwks.push(await makeJwk(service, id, environment));
  return { id, name, definitionId: certificate!.definitions[0]!.id, environments, made, publicKey, jwks };
}

export async function makeJwk(service: ServiceProcess, certificateId: string, environment: string): Promise<JwkView> {
  const input = { certificateId, environment, name: `jwk-${++serial}`, use: 'SIGNATURE', algorithm: 'ES256' };
  const { jwk, userErrors } = await createJwk(service, input);
  if (!jwk) throw new Error(JSON.stringify(userErrors));
  return jwk;
}

/** The update of a stage's certificate to another one. */
export function replacement(stage: JwkStage, pem: string, environments = stage.environments) {
  return {
    id: stage.id,
    expectedVersion: 1,
    definitions: [{ id: stage.definitionId, ...pasted(environments, stage.name, pem) }],
  };
}

/** The decision about all JWKs of a stage. */
export function decided(stage: JwkStage, decision: string, overlapHours = 24) {
  return {
    jwkDecision: { decision, jwkIds: stage.jwks.map(({ id }) => id), overlapHours },
    confirmName: stage.name,
  };
}

export async function readJwk({ query }: ServiceProcess, id: string): Promise<JwkView | null> {
  return (await query<{ jwk: JwkView | null }>(`query ($id: ID!) { jwk(id: $id) { ${JWK} } }`, { id })).jwk;
}

export async function publishedKids({ url }: ServiceProcess, environment: string): Promise<string[]> {
  const response = await fetch(`${url}/environments/${environment}/jwks.json`);
  const { keys } = (await response.json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}
