import {
  type SigningKey,
  type EnrollmentRequest,
  agentPaths,
  contentDigestOf,
  parseEnrollmentToken,
  publicJwkOf,
  signEnrollmentRequest,
  signHttpRequest,
  signRegistrationRequest,
  verifyRegistration,
} from '@trustcast/schema';
import type { ServiceProcess } from './service-process.js';
import { TestAgent } from './test-agent.js';

interface CreatedToken {
  readonly token: string;
  readonly enrollmentToken: { readonly id: string; readonly hint: string };
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] }[];
}

export async function createEnrollmentToken(
  { query }: Pick<ServiceProcess, 'query'>,
  input: { readonly environment?: string; readonly uses?: number; readonly [more: string]: unknown } = {},
): Promise<CreatedToken> {
  const { payload } = await query<{ payload: CreatedToken }>(
    `mutation ($input: CreateEnrollmentTokenInput!) { payload: createEnrollmentToken(input: $input) {
       token enrollmentToken { id hint uses used environment expiresAt } userErrors { code field message } } }`,
    { input: { environment: 'apimanager', ...input } },
  );
  return payload;
}

export interface EnrollOptions {
  readonly key: SigningKey;
  readonly said?: Partial<EnrollmentRequest>;
  readonly now?: number;
}

/** Header and body of a request to enroll. */
export async function enrollment(token: string, { key, said, now }: EnrollOptions) {
  const { privateKey, publicKey } = parseEnrollmentToken(token);
  const request = await signEnrollmentRequest(
    {
      name: 'web-1',
      environment: 'apimanager',
      hostname: 'web-1',
      agentVersion: '0.1.0',
      token: publicKey.x,
      ...said,
    },
    key,
  );
  const body = JSON.stringify({ request });
  const headers = signHttpRequest(
    { method: 'POST', target: agentPaths.enroll, contentDigest: contentDigestOf(body) },
    { tag: 'trustcast-enrollment', privateKey, keyId: publicKey.x, ...(now !== undefined && { now }) },
  );
  return { request, body, headers: { ...headers, 'content-type': 'application/json' } };
}

export async function enroll({ url }: Pick<ServiceProcess, 'url'>, token: string, options: EnrollOptions) {
  const { body, headers } = await enrollment(token, options);
  return fetch(`${url}${agentPaths.enroll}`, { method: 'POST', body, headers });
}

/** A host that enrolled, and has no token. */
export async function enrolledAgent(service: ServiceProcess, name: string): Promise<EnrolledAgent> {
  const { token } = await createEnrollmentToken(service);
  const key = await TestAgent.newKey();
  const { request, body, headers } = await enrollment(token, { key, said: { name } });
  const response = await fetch(`${service.url}${agentPaths.enroll}`, { method: 'POST', body, headers });
  const { pin } = parseEnrollmentToken(token);
  const registration = verifyRegistration(await response.json(), request, [pin]);
  return new EnrolledAgent(service, '', key, registration, [pin]);
}

export interface Sent {
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
  readonly now?: number;
  readonly installation?: string;
  readonly key?: SigningKey;
}

export class EnrolledAgent extends TestAgent {
  /** The header of a signed request. */
  async sign(path: string, { method = 'GET', body = '', now, installation, key = this.key }: Sent = {}) {
    const { x } = await publicJwkOf(key.privateKey);
    return signHttpRequest(
      {
        method,
        target: path,
        contentDigest: contentDigestOf(body),
        installation: installation ?? this.registration.installation,
      },
      { tag: 'trustcast-agent', privateKey: key.privateKey, keyId: x, ...(now !== undefined && { now }) },
    );
  }

  /** The request by which another key takes over, signed with the one so far. */
  async askToRenew(next: SigningKey): Promise<Response> {
    const said = { hostname: 'h', agentVersion: '1', token: null };
    const body = JSON.stringify({ request: await signRegistrationRequest(said, next) });
    return this.request(agentPaths.renewKey, { method: 'POST', body });
  }

  /** The same agent with another key. */
  withKey(key: SigningKey): EnrolledAgent {
    return new EnrolledAgent(this.service, '', key, this.registration, this.pinned);
  }

  override async request(path: string, sent: Sent = {}): Promise<Response> {
    return this.sendAs(path, await this.sign(path, sent), sent);
  }

  /** Sends what was signed, or something else in its place. */
  sendAs(path: string, headers: Record<string, string>, { method = 'GET', body }: Sent = {}): Promise<Response> {
    return fetch(`${this.service.url}${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
  }
}
