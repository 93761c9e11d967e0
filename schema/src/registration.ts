import * as decode from './decode.js';
import { parseEnvironmentName } from './alias.js';
import { MalformedError } from './errors.js';
import { type Ed25519Jwk, keyFromJwk } from './signed-document.js';

/** Paths of the agents' HTTP interface. Every request carries the agent's token as `Authorization: Bearer`. */
export const agentPaths = {
  /** `POST` {@link RegistrationRequest}, answers {@link Registration}. */
  register: '/agent/v1/register',
  /** `POST` a base report, answers whether the base is known. */
  base: '/agent/v1/base',
  /** `GET`, answers a change message without data. */
  heartbeat: (environment: string) => `/agent/v1/environments/${environment}/heartbeat`,
  /** `GET ?after=<epoch>.<revision>` or without `after` for the whole set, answers a change message. */
  set: (environment: string) => `/agent/v1/environments/${environment}/set`,
} as const;

/** What an agent says when it introduces itself. The same key may register again; another key is refused. */
export interface RegistrationRequest {
  readonly publicKey: Ed25519Jwk;
  readonly hostname: string;
  readonly agentVersion: string;
}

/** How to reach NATS. */
export interface NatsAccess {
  readonly servers: readonly string[];
  readonly user: string | null;
  readonly password: string | null;
}

/** What an agent needs to know of its installation. It believes `signingKeys` only where their thumbprint is pinned. */
export interface Registration {
  readonly agent: string;
  readonly installation: string;
  readonly environment: { readonly id: string; readonly name: string };
  readonly signingKeys: readonly Ed25519Jwk[];
  readonly nats: NatsAccess;
}

/** @throws MalformedError, SignatureError */
export function decodeRegistrationRequest(value: unknown): RegistrationRequest {
  const request = decode.object(value, 'request');
  return {
    publicKey: decodeJwk(request.publicKey),
    hostname: decode.text(request.hostname, 'hostname', 255),
    agentVersion: decode.text(request.agentVersion, 'agentVersion', 64),
  };
}

/** @throws MalformedError, SignatureError */
export function decodeRegistration(value: unknown): Registration {
  const registration = decode.object(value, 'registration');
  const environment = decode.object(registration.environment, 'environment');
  const nats = decode.object(registration.nats, 'nats');
  const secret = (item: unknown, field: string) => decode.rawText(item, field);
  const servers = decode
    .array(nats.servers, 'nats.servers', 64)
    .map((url, i) => decode.text(url, `nats.servers[${i}]`));
  if (servers.length === 0) throw new MalformedError('nats.servers', 'must not be empty');
  return {
    agent: decode.uuid(registration.agent, 'agent'),
    installation: decode.uuid(registration.installation, 'installation'),
    environment: {
      id: decode.uuid(environment.id, 'environment.id'),
      name: parseEnvironmentName(environment.name, 'environment.name'),
    },
    signingKeys: decode.array(registration.signingKeys, 'signingKeys', 16).map(decodeJwk),
    nats: {
      servers,
      user: decode.nullable(nats.user, 'nats.user', secret),
      password: decode.nullable(nats.password, 'nats.password', secret),
    },
  };
}

function decodeJwk(value: unknown): Ed25519Jwk {
  keyFromJwk(value);
  const { x } = value as Ed25519Jwk;
  return { kty: 'OKP', crv: 'Ed25519', x };
}
